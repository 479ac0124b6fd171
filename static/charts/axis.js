/* Axes of charts: where a value stands, and where ticks stand and what they say. */
import { everyNth } from "./svg-file.js";

/** @typedef {{title: string, low: number, high: number, log: boolean, ticks?: [value: number, text: string][]}} Axis
    @typedef {{at(value: number): number, back(px: number): number}} Scale */

export const LETTER = 6;                               // px of a letter at 11 px
const TINY = 1e-12;

/** Values of an axis on the pixels `from` to `to`, and back.
    @type {(axis: Axis, from: number, to: number) => Scale} */
export const scaleOf = ({ low, high, log }, from, to) => {
  const on = value => log ? Math.log10(Math.max(value, TINY)) : value, first = on(low), each = (to - from) / (on(high) - first || 1);
  return { at: log ? value => from + (on(value) - first) * each : value => from + (value - first) * each,
    back: px => { const value = first + (px - from) / each; return log ? 10 ** value : value; } };
};

const text = (value, digits) => value.toLocaleString("en", { maximumFractionDigits: digits }).replace("-", "−");
/** Round steps, about one for each `apart` px; `whole`: none smaller than 1.
    @type {(axis: Axis, px: number, apart: number, whole: boolean) => [value: number, text: string][]} */
const even = ({ low, high }, px, apart, whole) => {
  const rough = (high - low) / Math.max(1, px / apart), power = 10 ** Math.floor(Math.log10(rough || 1));
  const fit = [1, 2, 5, 10].map(n => n * power).find(step => step >= rough - 1e-9 * power) ?? power;
  const step = whole ? Math.max(1, fit) : fit, digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const first = Math.ceil(low / step - 1e-6), last = Math.floor(high / step + 1e-6);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => [(first + i) * step, text((first + i) * step, digits)]);
};
/** Powers of ten, and 2 and 5 times them where they are few; where even those are, round steps.
    @type {(axis: Axis, px: number, apart: number) => [value: number, text: string][]} */
const decades = (axis, px, apart) => {
  const { low, high } = axis, from = Math.floor(Math.log10(Math.max(low, TINY))), to = Math.ceil(Math.log10(Math.max(high, TINY)));
  const times = to - from < 4 && px / Math.max(1, to - from) > 2 * apart ? [1, 2, 5] : [1];
  const every = everyNth(apart / (px / Math.max(1, to - from)));
  const found = Array.from({ length: to - from + 1 }, (_, i) => from + i).filter(power => power % every === 0)
    .flatMap(power => times.map(n => Number(`${n}e${power}`))).filter(value => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9));
  return found.length > 1 ? found.map(value => [value, text(value, 12)]) : even(axis, px, apart, false);
};

/** [[value, text]] of what has room on `px` pixels. Along y a name needs a line's height, along x its own width.
    @type {(axis: Axis, px: number, along: "x" | "y", whole?: boolean) => [value: number, text: string][]} */
export const ticksOf = (axis, px, along, whole = false) => {
  const { low, high, log, ticks } = axis;
  if (!ticks) return log ? decades(axis, px, along === "x" ? 56 : 24) : even(axis, px, along === "x" ? 72 : 40, whole);
  const seen = ticks.filter(([value]) => value >= low && value <= high);
  const widest = Math.max(1, ...seen.map(([, name]) => name.length)), need = along === "x" ? LETTER * widest + 6 : 14;
  const every = everyNth(need * Math.max(1, seen.length - 1) / px);
  return seen.filter((_, i) => i % every === 0);
};

/** Heights in px such that no two are closer than `gap`, moved up and down as little as it takes, between `top` and `bottom`.
    @type {(heights: number[], gap: number, top: number, bottom: number) => number[]} */
export const spaced = (heights, gap, top, bottom) => {
  const order = heights.map((_, i) => i).sort((a, b) => heights[a] - heights[b] || a - b);
  const /** @type {{sum: number, of: number[]}[]} */ groups = [], placed = [...heights];
  const middle = ({ sum, of }) => sum / of.length, reach = ({ of }) => gap * (of.length - 1) / 2;
  for (const i of order) {                             // those that touch stand around the mean of where they wish to be
    groups.push({ sum: heights[i], of: [i] });
    for (let [low, high] = groups.slice(-2); high && middle(high) - middle(low) < reach(high) + reach(low) + gap; [low, high] = groups.slice(-2)) {
      groups.splice(-2, 2, { sum: low.sum + high.sum, of: [...low.of, ...high.of] });
    }
  }
  for (const group of groups) group.of.forEach((i, k) => { placed[i] = middle(group) + gap * k - reach(group); });
  order.reduce((least, i) => (placed[i] = Math.max(placed[i], least)) + gap, top);
  order.reduceRight((most, i) => (placed[i] = Math.min(placed[i], most)) - gap, bottom);
  return placed;
};
