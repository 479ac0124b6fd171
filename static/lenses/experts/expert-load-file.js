/* The load picture as SVG or PNG: bars against the capacity, and the heat map beside them, in the page's colours. */
import { bytesOf, colourTable, cssColour } from "../../core/colours.js";
import { savePicture } from "../../core/files.js";
import { num } from "../../core/numbers.js";
import { esc } from "../../core/text.js";

const ROW = 22, LEFT = 60, WIDE = 420, GAP = 60, TOP = 56;
const token = name => getComputedStyle(document.body).getPropertyValue(name).trim();

/** @returns {[svg: string, wide: number, high: number]} */
const drawing = frame => {
  const { load, heat, experts } = frame, most = Math.max(...load.demand, load.capacity || 0, 2 * load.uniform) * 1.15 || 1;
  const x = n => LEFT + WIDE * n / most, right = LEFT + WIDE + GAP, high = TOP + experts * ROW + 40, ink = token("--text");
  const rect = (left, top, w, h, fill, more = "") => `<rect x="${left.toFixed(1)}" y="${top.toFixed(1)}" width="${Math.max(0, w).toFixed(2)}" height="${h}" fill="${fill}" ${more}/>`;
  const text = (left, top, words, more = "") => `<text x="${left.toFixed(1)}" y="${top}" fill="${ink}" font-family="sans-serif" font-size="12" ${more}>${esc(words)}</text>`;
  const rule = (at, words, dash) => `<path d="M${x(at)} ${TOP - 6}V${TOP + experts * ROW}" stroke="${ink}" stroke-dasharray="${dash}"/>${text(x(at) + 4, TOP - 8, words)}`;
  const parts = [rect(0, 0, right + WIDE + 20, high, token("--page")),
    text(LEFT, 20, `Load of ${frame.names[frame.layer]} ${frame.on === "batch" ? "" : "on the probe "}at step ${num(frame.step)}, choices per expert`, `font-weight="bold"`),
    text(right, 20, "Load over training, relative to uniform (teal 0, rust 2 and more)", `font-weight="bold"`)];
  const table = colourTable("div"), cells = heat.steps.length ? bytesOf(heat.cells) : [], wide = heat.steps.length;
  for (let e = 0; e < experts; e++) {
    const top = TOP + e * ROW, asked = load.demand[e], took = load.load[e], colour = token(`--cat-${e % 16}`);
    parts.push(text(20, top + 15, `E${e}`), rect(LEFT, top + 3, x(took) - LEFT, ROW - 6, colour, `stroke="${ink}" stroke-width=".5"`));
    if (asked > took) parts.push(rect(x(took), top + 3, x(asked) - x(took), ROW - 6, "url(#hatch)", `stroke="${ink}"`));
    parts.push(text(x(asked) + 5, top + 15, asked > took ? `${num(asked)}, ${num(asked - took)} dropped` : num(asked)));
    for (let i = 0; i < wide; i++) parts.push(rect(right + WIDE * i / wide, top, WIDE / wide + .3, ROW, cssColour(table[cells[e * wide + i]])));
  }
  parts.push(rule(load.uniform, `uniform ${num(Math.round(load.uniform))}`, "3 3"));
  if (load.capacity !== null) parts.push(`<g transform="translate(0,-14)">${text(x(load.capacity) + 4, TOP - 8, `capacity ${num(load.capacity)}`, `font-weight="bold"`)}</g>`,
    `<path d="M${x(load.capacity)} ${TOP - 20}V${TOP + experts * ROW}" stroke="${ink}" stroke-width="2"/>`);
  if (wide) parts.push(text(right, high - 20, `step ${num(heat.steps[0])}`), text(right + WIDE, high - 20, `step ${num(heat.steps.at(-1))}`, `text-anchor="end"`));
  const hatch = `<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V5" stroke="${ink}" stroke-width="2"/></pattern></defs>`;
  return [`<svg xmlns="http://www.w3.org/2000/svg" width="${right + WIDE + 20}" height="${high}">${hatch}${parts.join("")}</svg>`, right + WIDE + 20, high];
};

/** What a file of this frame is called: which layer, measured on what, when. */
export const expertsFile = frame => `experts-${frame.names[frame.layer]}-${frame.on}-step-${frame.step}`.replaceAll(" ", "-");

/** Save the frame's load as "svg" or "png". */
export const saveLoad = (frame, kind) => savePicture(drawing(frame), kind, expertsFile(frame));
