/* What an experiment of the Intervene lens found, as a picture: its heat maps below one another. */
import { colourTable } from "../../core/colours.js";
import { num } from "../../core/numbers.js";
import { glyphOf } from "../../core/tokens.js";
import { END, SOFT, svgCells, svgHeat, svgStack, svgText, svgTitled } from "../../charts/svg-file.js";
import { heatByte } from "./cell-grid.js";

const H = 24;
const minus = text => text.replace(/^-(?=\d)/, "−"), glyph = text => text ? glyphOf(text) : "";

const drawing = ({ title, note, heat }) => {
  const { values, low, high, scale, text, titles, unit, rows } = heat, table = colourTable(scale);
  const columns = heat.columns.map(each => each.split(" | ").map(glyph).join("|"));
  const w = Math.max(text ? 44 : 20, Math.max(...columns.map(each => each.length)) * 7 + 6);
  const map = svgHeat({ rows: rows.map(glyph), columns, table, titles, bytes: Uint8Array.from(values.flat(), value => heatByte(heat, value)),
    written: (r, c) => minus(glyph(text?.[r][c])) || (values[r][c] === null ? "–" : "") }, w, H);
  const { left, h } = map, ramp = Uint8Array.from({ length: 51 }, (_, i) => i * 5);
  const legend = [svgCells([left, h + 8, 150, 8], ramp, 0, 51, 1, table), svgText(left, h + 30, num(low, 2), SOFT),
    svgText(left + 150, h + 30, num(high, 2), `${END} ${SOFT}`), svgText(left + 160, h + 17, unit, SOFT)];
  return svgTitled(title, note.split("; a press")[0], { ...map, markup: map.markup + legend.join(""), h: h + 34 });   // a file has nothing to press
};

/** The maps, below one another, with a line on what they rest on. */
export const experimentPicture = (maps, basis) =>
  svgStack([...maps.map(drawing), { markup: svgText(16, 8, basis, `${SOFT} font-size="11"`), w: 32 + 5.8 * basis.length, h: 24 }]);
