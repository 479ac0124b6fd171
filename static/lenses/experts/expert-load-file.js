/* The load picture for a file: bars against the capacity, and the heat map beside them. */
import { bytesOf, colourTable } from "../../core/colours.js";
import { num } from "../../core/numbers.js";
import { BOLD, END, svgCells, svgRect, svgText } from "../../charts/svg-file.js";

const ROW = 22, LEFT = 60, WIDE = 420, GAP = 60, TOP = 56, RIGHT = LEFT + WIDE + GAP, INK = "var(--text)";
const HATCH = `<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
  <path d="M0 0V5" stroke="${INK}" stroke-width="2"/></pattern></defs>`;

export const loadPicture = frame => {
  const { load, heat, experts } = frame, most = Math.max(...load.demand, load.capacity || 0, 2 * load.uniform) * 1.15 || 1;
  const x = n => LEFT + WIDE * n / most, end = TOP + experts * ROW, h = end + 40, wide = heat.steps.length;
  const rule = (at, words, up, more) => `<path d="M${x(at)} ${TOP - 6 - up}V${end}" stroke="${INK}" ${more}/>`
    + svgText(x(at) + 4, TOP - 8 - up, words, up ? BOLD : "");
  const parts = [HATCH,
    svgText(LEFT, 20, `Load of ${frame.names[frame.layer]} ${frame.on === "batch" ? "" : "on the probe "}at step ${num(frame.step)}, choices per expert`, BOLD),
    svgText(RIGHT, 20, "Load over training, relative to uniform (teal 0, rust 2 and more)", BOLD)];
  load.demand.forEach((asked, e) => {
    const top = TOP + e * ROW, took = load.load[e], over = asked > took;
    parts.push(svgText(20, top + 15, `E${e}`), svgRect(LEFT, top + 3, x(took) - LEFT, ROW - 6, `var(--cat-${e % 16})`, `stroke="${INK}" stroke-width=".5"`),
      over ? svgRect(x(took), top + 3, x(asked) - x(took), ROW - 6, "url(#hatch)", `stroke="${INK}"`) : "",
      svgText(x(asked) + 5, top + 15, over ? `${num(asked)}, ${num(asked - took)} dropped` : num(asked)));
  });
  parts.push(rule(load.uniform, `uniform ${num(Math.round(load.uniform))}`, 0, `stroke-dasharray="3 3"`));
  if (load.capacity !== null) parts.push(rule(load.capacity, `capacity ${num(load.capacity)}`, 14, `stroke-width="2"`));
  if (wide) parts.push(svgCells([RIGHT, TOP, WIDE, end - TOP], bytesOf(heat.cells), 0, wide, experts, colourTable("div")),
    svgText(RIGHT, h - 20, `step ${num(heat.steps[0])}`), svgText(RIGHT + WIDE, h - 20, `step ${num(heat.steps.at(-1))}`, END));
  return { markup: parts.join(""), w: RIGHT + WIDE + 20, h };
};

/** What a file of this frame is called: which layer, measured on what, when. */
export const expertsFile = frame => `experts-${frame.names[frame.layer]}-${frame.on}-step-${frame.step}`.replaceAll(" ", "-");
