/* The strips of an input vector as a picture. */
import { colourTable, cssColour, penOf } from "../../core/colours.js";
import { savePng } from "../../core/files.js";
import { num } from "../../core/numbers.js";
import { glyphOf } from "../../core/tokens.js";

const LEFT = 150, CELL = 8, HIGH = 26, GAP = 14, TOP = 40;

/** rows: [{ label, of, x, norm }]; each strip has the colours of its own largest number, which is written beside it. */
export const saveStrips = (rows, name) => {
  const css = text => getComputedStyle(document.body).getPropertyValue(text).trim(), table = colourTable("div");
  const wide = LEFT + rows[0].x.length * CELL + 180, high = TOP + rows.length * (HIGH + GAP) + 10, twice = 2;
  const canvas = Object.assign(document.createElement("canvas"), { width: wide * twice, height: high * twice });
  const context = penOf(canvas), say = (text, x, y, font = "13px sans-serif") => { context.font = font; context.fillText(text, x, y); };
  context.scale(twice, twice);
  context.fillStyle = css("--page");
  context.fillRect(0, 0, wide, high);
  context.fillStyle = css("--text");
  say(name.replaceAll("-", " "), 16, 24, "bold 14px sans-serif");
  rows.forEach((row, r) => {
    const y = TOP + r * (HIGH + GAP), top = Math.max(...row.x.map(Math.abs)) || 1;
    context.fillStyle = css("--text");
    say(`${row.label} ${row.of ? glyphOf(row.of) : ""}`, 16, y + 17);
    say(`length ${num(row.norm, 3)}, colours ± ${num(top, 2)}`, LEFT + row.x.length * CELL + 10, y + 17, "11px sans-serif");
    row.x.forEach((x, d) => { context.fillStyle = cssColour(table[Math.round(127 + 127 * x / top)]); context.fillRect(LEFT + d * CELL, y, CELL, HIGH); });
  });
  savePng(canvas, name);
};
