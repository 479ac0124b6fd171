/* What a chart says at a place: the values of all its curves there, for its card, its table and who reads it with keys. */
import { num } from "../core/numbers.js";
/** @import { Axis } from "./axis.js" */

/** As figures/curves.py describes them.
    @typedef {{name: string, x: number[], y: (number | null)[], colour: string, width?: number, dash?: string, low?: number[], high?: number[],
      end?: string, dots?: number, stairs?: boolean}} Line
    @typedef {{name: string, values: (number | null)[], errors?: (number | null)[], colour: string, said?: string[]}} Bars
    @typedef {{x: Axis, y: Axis, lines?: Line[], bars?: Bars[], lying?: boolean, levels?: [number, string, boolean][], marks?: [number, string][],
      cursor?: [number, string], points?: [number, number, string, number][], notes?: [string, string | [number, number], string?][]}} Figure */

const MOST = 200;                                      // rows of a table: every n-th beyond that, always the last
const named = (/** @type {Figure} */ { lines = [] }) => lines.filter(line => line.name);

/** Where values are read: each x of a curve once, or each bar.
    @type {(figure: Figure) => number[]} */
export const placesOf = figure => figure.bars ? figure.bars[0].values.map((_, i) => i)
  : [...new Set(named(figure).flatMap(line => line.x))].sort((a, b) => a - b);

/** The number in ascending `all` that is nearest to `x`.
    @type {(all: number[], x: number) => number} its index, -1 where there is none */
export const nearest = (all, x) => {
  let low = 0, high = all.length - 1;
  while (high - low > 1) { const middle = (low + high) >> 1; if (all[middle] < x) low = middle; else high = middle; }
  return high >= 0 && Math.abs(all[high] - x) < Math.abs(all[low] - x) ? high : Math.min(low, high);
};

const short = value => num(Number(value.toPrecision(4)));
/** { at: what x is called there, values: [[colour, name, text]] } of curves that reach so far and are not `hidden`. A curve without
    a point at x says where its nearest one is.
    @type {(figure: Figure, x: number, hidden?: Set<string>) => {at: string, values: [string, string, string][]}} */
export const readAt = (figure, x, hidden = new Set()) => {
  if (figure.bars) {
    const { title, ticks = [] } = figure.lying ? figure.y : figure.x, seen = figure.bars.filter(({ name }) => !hidden.has(name));
    return { at: `${title} ${ticks[x]?.[1] ?? x}`, values: seen.map(({ colour, name, values, errors, said }) => {
      const value = values[x], error = errors?.[x];
      return [colour, said ? "" : name, said?.[x] ?? (value === null ? "not measured" : short(value) + (error ? ` ± ${short(error)}` : ""))];
    }) };
  }
  const { title, ticks } = figure.x, near = (figure.x.high - figure.x.low) / 50;
  const values = named(figure).filter(line => !hidden.has(line.name)).flatMap(line => {
    const i = nearest(line.x, x), value = line.y[i], last = line.x.at(-1) ?? x, before = line.x.at(-2) ?? last;
    if (i < 0 || value === null || x < line.x[0] - near || x > last + Math.max(near, last - before)) return [];
    const spread = line.low && line.high ? `, ${short(line.low[i])} to ${short(line.high[i])}` : "", there = line.x[i] === x ? "" : ` (at ${num(line.x[i])})`;
    return [/** @type {[string, string, string]} */ ([line.colour, line.name, short(value) + spread + there])];
  });
  return { at: `${title.split(",")[0]} ${ticks?.find(([value]) => value === x)?.[1] ?? num(x)}`, values };
};

const round = value => typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value ?? null;
/** The numbers of a figure as a table: one row for each place, one column for each curve, two more for a spread.
    @type {(figure: Figure, most?: number) => {columns: string[], rows: (number | string | null)[][]}} */
export const tableOf = (figure, most = MOST) => {
  const { bars, lying, x, y } = figure;
  if (bars) {
    const { title, ticks = [] } = lying ? y : x;
    return { columns: [title, ...bars.flatMap(({ name, errors }) => errors ? [name, `${name}, standard error`] : [name])],
      rows: bars[0].values.map((_, i) => [ticks[i]?.[1] ?? i, ...bars.flatMap(({ values, errors }) => errors ? [values[i], errors[i]] : [values[i]])]) };
  }
  const curves = named(figure).flatMap(({ name, x, y, low, high }) => [{ name, x, y },
    ...low && high ? [{ name: `${name}, lowest`, x, y: low }, { name: `${name}, highest`, x, y: high }] : []]);
  if (!curves.length) return { columns: ["nothing to list"], rows: [] };
  const places = placesOf(figure), every = Math.ceil(places.length / most);
  const columns = curves.map(curve => new Map(curve.x.map((place, k) => [place, round(curve.y[k])])));
  const rows = places.map(place => [round(place), ...columns.map(column => column.get(place) ?? null)]);
  return { columns: [x.title, ...curves.map(curve => curve.name)], rows: rows.filter((_, i) => i % every === 0 || i === rows.length - 1) };
};
