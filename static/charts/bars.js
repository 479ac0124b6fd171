/* Bars beside one another at each name of an axis, with their standard errors; upright, or lying along x. */
import { block } from "./shapes.js";
/** @import { Scale } from "./axis.js"
    @import { Figure } from "./reading.js"
    @import { Shape } from "./shapes.js" */

const FULL = .76;                                      // of the room of a name

/** @type {(figure: Figure, x: Scale, y: Scale, hidden: Set<string>) => Shape[]} */
export const barShapes = ({ bars = [], lying }, x, y, hidden) => {
  const shown = bars.filter(({ name }) => !hidden.has(name)), [names, sizes] = lying ? [y, x] : [x, y], thick = FULL / shown.length;
  const box = (from, to, side, wide, colour) => lying ? block(from, side, to - from, wide, colour) : block(side, from, wide, to - from, colour);
  return shown.flatMap(({ values, errors, colour }, k) => values.flatMap((value, i) => {
    if (value === null) return [];
    const start = names.at(i - FULL / 2 + k * thick), wide = Math.max(1, names.at(i - FULL / 2 + (k + 1) * thick) - start - 1), error = errors?.[i];
    const bar = box(sizes.at(0), sizes.at(value), start, wide, colour);
    return error ? [bar, box(sizes.at(value - error), sizes.at(value + error), start + wide / 2 - .75, 1.5, "var(--text-2)")] : [bar];
  }));
};
