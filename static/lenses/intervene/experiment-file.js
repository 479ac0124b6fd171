/* What an experiment of the Intervene lens found, as a picture: its heat maps below one another. */
import { colourTable } from "../../core/colours.js";
import { num } from "../../core/numbers.js";
import { glyphOf } from "../../core/tokens.js";
import { END, SOFT, svgCells, svgHeat, svgStack, svgText, svgTitled } from "../../charts/svg-file.js";

const H = 24;
const minus = text => text.replace(/^-(?=\d)/, "−"), glyph = text => text ? glyphOf(text) : "";

const drawing = ({ title, note, fig: { data: [{ z, zmin, zmax, colorscale, text, x, y, colorbar }], layout } }) => {
  const table = colourTable(colorscale[0][1].includes("div") ? "div" : "seq"), byte = v => Math.round(254 * Math.max(0, Math.min(1, (v - zmin) / (zmax - zmin))));
  const named = axis => (axis === "x" ? x : y).map((_, i) => layout[`${axis}axis`].ticktext[layout[`${axis}axis`].tickvals.indexOf(i)] ?? "");
  const columns = named("x").map(each => each.split(" | ").map(glyph).join("|")), rows = named("y").map(glyph);
  const w = Math.max(text ? 44 : 20, Math.max(...columns.map(each => each.length)) * 7 + 6);
  const map = svgHeat({ rows, columns, table, titles: [layout.yaxis.title.text, layout.xaxis.title.text],
    bytes: Uint8Array.from(z.flat(), v => v === null ? 255 : byte(v)),
    written: (r, c) => minus(glyph(text?.[r][c])) || (z[r][c] === null ? "–" : "") }, w, H);
  const { left, h } = map, scale = Uint8Array.from({ length: 51 }, (_, i) => i * 5);
  const legend = [svgCells([left, h + 8, 150, 8], scale, 0, 51, 1, table), svgText(left, h + 30, num(zmin, 2), SOFT),
    svgText(left + 150, h + 30, num(zmax, 2), `${END} ${SOFT}`), svgText(left + 160, h + 17, colorbar.title.text, SOFT)];
  return svgTitled(title, note.split("; a press")[0], { ...map, markup: map.markup + legend.join(""), h: h + 34 });   // a file has nothing to press
};

/** The maps, below one another, with a line on what they rest on. */
export const experimentPicture = (maps, basis) =>
  svgStack([...maps.map(drawing), { markup: svgText(16, 8, basis, `${SOFT} font-size="11"`), w: 32 + 5.8 * basis.length, h: 24 }]);
