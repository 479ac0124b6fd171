/* Pictures for files as { markup, w, h }: pieces of SVG as text, whose colours may be css variables (see files.js). */
import { cssColour, inkOn } from "../core/colours.js";
import { esc } from "../core/text.js";
/** @import { Json } from "../core/values.js"
    @import { HeatMap } from "./heat-map.js" */

const short = x => Math.round(x * 100) / 100;
export const MIDDLE = `text-anchor="middle"`;
export const END = `text-anchor="end"`;
export const SOFT = `fill="var(--text-2)"`;
export const BOLD = `font-weight="600"`;
export const svgText = (x, y, words, more = "") => `<text x="${short(x)}" y="${short(y)}" ${more}>${esc(words)}</text>`;
export const svgRect = (x, y, w, h, fill, more = "") =>
  `<rect x="${short(x)}" y="${short(y)}" width="${short(Math.max(0, w))}" height="${short(h)}" fill="${fill}" ${more}/>`;
export const svgGroup = (x, y, markup) => `<g transform="translate(${short(x)} ${short(y)})">${markup}</g>`;

/** w x h bytes as `paintCells` paints them, one rectangle each, in the box [x, y, width, height]. */
export const svgCells = ([x, y, wide, high], bytes, offset, w, h, table) => {
  const cell = (_, i) => svgRect(x + i % w * wide / w, y + Math.floor(i / w) * high / h, wide / w, high / h, cssColour(table[bytes[offset + i]]));
  return `<g shape-rendering="crispEdges">${Array.from({ length: w * h }, cell).join("")}</g>`;
};

const LETTER = 6.6, LINE = 13, TOP = 16, EDGE = 16;
const widest = labels => Math.ceil(LETTER * Math.max(0, ...labels.map(each => each.length)));
/** The n of which every n-th label has room. */
export const everyNth = need => [1, 2, 4, 5, 8, 10, 16, 20, 32, 50].find(n => n >= need) ?? Math.ceil(need);

/** A heat map with cells of w x h px, in the terms of heat-map.js; `left` and `top` are where the cells begin.
    @type {(map: HeatMap, w: number, h: number) => Json} */
export const svgHeat = ({ rows, columns, titles, bytes, offset = 0, table, written }, w, h) => {
  const [down, right] = titles?.map((title, i) => `${title} ${i ? "→" : "↓"}`) ?? ["", ""];
  const left = widest([...rows, down]) + 10, wide = columns.length * w, high = rows.length * h, middle = i => TOP + (i + .5) * h + 4;
  const across = everyNth((widest(columns) + 2) / w), every = everyNth(LINE / h);
  const ink = (r, c) => inkOn(table[bytes[offset + r * columns.length + c]]);
  const number = (r, c) => svgText(left + (c + .5) * w, middle(r), written?.(r, c) ?? "", `${MIDDLE} fill="${ink(r, c)}"`);
  const parts = [svgCells([left, TOP, wide, high], bytes, offset, columns.length, rows.length, table),
    ...columns.map((each, c) => c % across ? "" : svgText(left + (c + .5) * w, TOP - 5, each, MIDDLE)),
    ...rows.map((each, r) => r % every ? "" : svgText(left - 6, middle(r), each, END)),
    ...written ? rows.flatMap((_, r) => columns.map((_, c) => number(r, c))) : [],
    ...titles ? [svgText(left - 6, TOP + high + 16, down, `${END} ${SOFT}`), svgText(left, TOP + high + 16, right, SOFT)] : []];
  return { markup: parts.join(""), w: left + Math.max(wide, widest([right])), h: TOP + high + (titles ? 20 : 0), left, top: TOP };
};

/** A picture below its title and a line of small print. */
export const svgTitled = (title, note, { markup, w, h }) => {
  const top = note ? 54 : 36;
  return { markup: svgText(EDGE, 24, title, `font-size="14" ${BOLD}`) + (note ? svgText(EDGE, 42, note, SOFT) : "") + svgGroup(EDGE, top, markup),
    w: Math.ceil(2 * EDGE + Math.max(w, 8 * title.length, 6.2 * note.length)), h: Math.ceil(top + h + EDGE) };
};
/** Pictures below one another. */
export const svgStack = pictures => pictures.reduce((all, { markup, w, h }) =>
  ({ markup: all.markup + svgGroup(0, all.h, markup), w: Math.max(all.w, w), h: all.h + h }), { markup: "", w: 0, h: 0 });

const PARTS = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "font-size", "font-weight", "font-family",
  "visibility", "opacity", "paint-order", "text-anchor"];
/** A copy of an SVG of the page that needs no style sheet, w x h px. */
export const svgCopy = (svg, w, h) => {
  const copy = svg.cloneNode(true), from = [svg, ...svg.querySelectorAll("*")], to = [copy, ...copy.querySelectorAll("*")];
  from.forEach((node, i) => {
    const style = getComputedStyle(node);
    to[i].setAttribute("style", PARTS.map(part => `${part}:${style.getPropertyValue(part)}`).join(";"));
  });
  Object.entries({ width: w, height: h }).forEach(([key, text]) => copy.setAttribute(key, text));
  return { markup: copy.outerHTML, w, h };
};
