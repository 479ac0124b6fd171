/* The strips of an input vector as a picture. */
import { colourTable } from "../../core/colours.js";
import { num } from "../../core/numbers.js";
import { glyphOf } from "../../core/tokens.js";
import { svgCells, svgText, svgTitled } from "../../charts/svg-file.js";

const LEFT = 134, CELL = 8, HIGH = 26, STEP = 40;

/** rows: [{ label, of, x, norm }]; each strip has the colours of its own largest number, which is written beside it. */
export const stripsPicture = (rows, title) => {
  const table = colourTable("div"), wide = rows[0].x.length * CELL;
  const strip = ({ label, of, x, norm }, r) => {
    const top = Math.max(...x.map(Math.abs)) || 1, bytes = Uint8Array.from(x, each => Math.round(127 + 127 * each / top));
    return svgText(0, r * STEP + 17, `${label} ${of ? glyphOf(of) : ""}`) + svgCells([LEFT, r * STEP, wide, HIGH], bytes, 0, x.length, 1, table)
      + svgText(LEFT + wide + 10, r * STEP + 17, `length ${num(norm, 3)}, colours ± ${num(top, 2)}`, `font-size="11"`);
  };
  return svgTitled(title, "", { markup: rows.map(strip).join(""), w: LEFT + wide + 170, h: rows.length * STEP - STEP + HIGH });
};
