/* A chart as a picture: axes, curves over their spreads or bars, references, and words where they have room. The page and
   files draw the same shapes and words; on the page the names of curves are buttons (plot.js). */
import { LETTER, scaleOf, spaced, ticksOf } from "./axis.js";
import { barShapes } from "./bars.js";
import { rule, svgShapes } from "./shapes.js";
import { END, MIDDLE, svgRect, svgText } from "./svg-file.js";
/** @import { Box, Shape } from "./shapes.js"
    @import { Figure, Line } from "./reading.js"
    @import { Scale } from "./axis.js"
    @typedef {{name: string, words: string[], colour: string, x: number, y: number, right?: boolean}} End
    @typedef {{hidden?: Set<string>, view?: {x?: number[], y?: number[]}, named?: boolean}} How */

const NARROW = 480, TOP = 24, BOTTOM = 38, EDGE = 14, LINE = 14, LAST = 24;        // px; a curve that ends so near to the last one ends with it
const TEXT = `fill="var(--text-2)"`, HALO = `paint-order="stroke" stroke="var(--page)" stroke-width="3" stroke-linejoin="round"`;

/** The words at the end of a curve, in lines; none for "". */
const endWords = ({ name, end = name }) => end ? end.split("\n") : [];
const wide = words => LETTER * Math.max(0, ...words.map(line => line.length));

/** A curve's points in px, of stairs with their corners. */
const pointsOf = (/** @type {Line} */ { x: xs, y: ys, stairs }, /** @type {Scale} */ x, /** @type {Scale} */ y) => {
  const /** @type {number[]} */ points = [];
  for (let i = 0; i < xs.length; i++) {
    const value = ys[i], py = value === null ? NaN : y.at(value);
    if (stairs && i) { const step = x.at((xs[i - 1] + xs[i]) / 2); points.push(step, points[points.length - 1], step, py); }
    points.push(x.at(xs[i]), py);
  }
  return points;
};
/** @type {(line: Line, x: Scale, y: Scale) => Shape[]} */
const spreadOf = ({ x: xs, low, high, colour, name }, x, y) => low && high ? [{ area: true, colour, opacity: name ? .16 : .22,
  points: [...xs.flatMap((at, i) => [x.at(at), y.at(high[i])]), ...xs.map((at, i) => [x.at(at), y.at(low[i])]).reverse().flat()] }] : [];
/** @type {(line: Line, x: Scale, y: Scale) => Shape[]} */
const lineOf = (line, x, y) => {
  const { colour, width, dash, dots = line.x.length === 1 ? 4 : 0 } = line, points = pointsOf(line, x, y);
  return [...line.y.length ? [{ points, colour, width, dash }] : [], ...dots ? [{ points, colour, radius: dots }] : []];
};

/** A figure on w x h px, without the curves `hidden` by name; `view`: { x, y } a part [low, high] of the axes; `named`: with the names
    of the curves. `at` and `box` say where values stand; `ends` where names do, `flow` that they have no room beside the curves.
    @type {(figure: Figure, w: number, h: number, how?: How) =>
      {shapes: Shape[], words: string, w: number, h: number, x: Scale, y: Scale, box: Box, flow: boolean, ends: End[]}} */
export const curvesPicture = (figure, w, h, { hidden = new Set(), view = {}, named = false } = {}) => {
  const { lines = [], bars, lying, levels = [], marks = [], cursor, points = [], notes = [] } = figure;
  const part = (axis, span) => span ? { ...axis, low: span[0], high: span[1] } : axis;
  const xAxis = part(figure.x, view.x), yAxis = part(figure.y, view.y), flow = !!bars || w < NARROW;
  const inside = ([, , always]) => flow || always;
  const drawn = lines.filter(line => endWords(line).length && line.x.length), margin = levels.filter(level => !inside(level));

  const top = TOP + (lying ? LINE * levels.length : 0), bottom = h - BOTTOM;
  const yTicks = ticksOf(yAxis, bottom - top, "y"), left = Math.min(.4 * w, 12 + wide(yTicks.map(([, text]) => text)));
  const labels = flow ? 0 : Math.max(wide(drawn.flatMap(endWords)) + 18, wide(margin.map(([, text]) => text)) + 8);
  const right = w - Math.max(EDGE, Math.min(labels, .4 * w)), box = { left, top, right, bottom };
  const x = scaleOf(xAxis, left, right), y = lying ? scaleOf(yAxis, top, bottom) : scaleOf(yAxis, bottom, top);
  const xTicks = ticksOf(xAxis, right - left, "x", lines.length > 0 && lines.every(line => line.x.every(Number.isInteger)));
  const isSeen = px => px >= left - 1 && px <= right + 1, isHigh = py => py >= top - 1 && py <= bottom + 1;

  const across = (value, colour, more) => rule(left, y.at(value), right, y.at(value), colour, more);
  const up = (value, colour, more) => rule(x.at(value), top, x.at(value), bottom, colour, more);
  const shown = lines.filter(({ name }) => !hidden.has(name)), thin = { width: 1 }, dotted = { dash: "dot" };
  const shapes = [
    ...lying ? xTicks.map(([value]) => up(value, "var(--line)", thin)) : yTicks.map(([value]) => across(value, "var(--line)", thin)),
    rule(left, bottom, right, bottom, "var(--line-strong)", thin), ...lying ? [rule(left, top, left, bottom, "var(--line-strong)", thin)] : [],
    ...shown.flatMap(line => spreadOf(line, x, y)), ...barShapes(figure, x, y, hidden),
    ...levels.map(([value]) => (lying ? up : across)(value, "var(--text-3)", dotted)), ...marks.map(([value]) => up(value, "var(--text-2)", dotted)),
    ...shown.flatMap(line => lineOf(line, x, y)), ...cursor ? [up(cursor[0], "var(--accent)")] : [],
    ...points.map(([at, value, colour, radius]) => ({ points: [x.at(at), y.at(value)], colour, radius }))];
  const frame = [
    ...yTicks.map(([value, text]) => svgText(left - 6, y.at(value) + 4, text, `${END} ${TEXT}`)),
    ...xTicks.map(([value, text]) => svgText(x.at(value), bottom + 15, text, `${MIDDLE} ${TEXT}`)),
    svgText(0, 11, yAxis.title, TEXT), svgText((left + right) / 2, h - 5, xAxis.title, `${MIDDLE} ${TEXT}`)];

  /* ---- names at the ends of curves and levels ---- */
  const tips = drawn.flatMap(line => {
    const last = line.x.findLastIndex((at, i) => line.y[i] !== null && isSeen(x.at(at)));
    return last < 0 ? [] : [{ line, px: x.at(line.x[last]), py: Math.max(top, Math.min(bottom, y.at(/** @type {number} */ (line.y[last])))) }];
  });
  const furthest = Math.max(...tips.map(({ px }) => px)), beside = tips.filter(({ px }) => px > furthest - LAST);
  const room = wide(beside.flatMap(({ line }) => endWords(line))) + 18, struck = cursor ? x.at(cursor[0]) - furthest : -1;
  const from = struck >= 0 && struck < room ? furthest + struck : furthest, meet = from + room > right;
  const gap = LINE * Math.max(1, ...beside.map(({ line }) => endWords(line).length));
  const margins = margin.map(([value]) => y.at(value)), together = spaced([...beside.map(({ py }) => py), ...meet ? margins : []], gap, top + 4, bottom - 4);
  const names = meet ? together.slice(beside.length) : spaced(margins, LINE, top, bottom);
  const ends = flow ? drawn.map(line => ({ name: line.name, words: [endWords(line).join(" ")], colour: line.colour, x: 0, y: 0 }))
    : tips.map(({ line, px, py }) => {
      const i = beside.findIndex(each => each.line === line), of = { name: line.name, words: endWords(line), colour: line.colour };
      if (i >= 0) return { ...of, x: from + 5, y: together[i] };
      return { ...of, x: px, y: py - 8 - LINE / 2 * endWords(line).length, right: px > (left + right) / 2 };     // ends early: above its end
    });
  const legend = bars && bars.length > 1 ? bars.map(({ name, colour }) => ({ name, words: [name], colour, x: 0, y: 0 })) : ends;

  /* ---- other words ---- */
  const tall = 12, markLeft = (px, width) => px - left > width && (px > (left + right) / 2 || px + width > right || furthest > px && furthest - px < width);
  const words = [
    ...margin.map(([, text], i) => isHigh(margins[i]) ? svgText(right + 6, names[i] + 4, text, TEXT) : ""),
    ...levels.filter(inside).map(([value, text], i) => lying
      ? svgText(x.at(value), top - 5 - LINE * i, text, `${TEXT} ${x.at(value) > (left + right) / 2 ? END : ""}`)
      : isHigh(y.at(value)) ? svgText(right - 4, y.at(value) + (y.at(value) < top + LINE * (marks.length + 1) ? tall : -4), text,
        `${TEXT} ${END} ${HALO}`) : ""),
    ...marks.map(([value, text], i) => {
      const px = x.at(value), side = markLeft(px, LETTER * text.length + 6);
      return isSeen(px) ? svgText(px + (side ? -4 : 4), top + tall + LINE * i, text, `${TEXT} ${side ? END : ""} ${HALO}`) : "";
    }),
    ...cursor?.[1] && isSeen(x.at(cursor[0])) ? [svgText(x.at(cursor[0]) + (x.at(cursor[0]) > (left + right) / 2 ? -6 : 6), bottom - 6, cursor[1],
      `fill="var(--accent)" font-weight="600" ${x.at(cursor[0]) > (left + right) / 2 ? END : ""} ${HALO}`)] : [],
    ...notes.map(([text, place, colour], i) => {
      const low = place === "lower right", px = low ? right - 8 : left + 8, py = low ? bottom - 8 - 15 * i : top + tall + 15 * i;
      if (place === "middle") return svgText(w / 2, h / 2, text, `${MIDDLE} ${TEXT}`);
      if (typeof place !== "string") return svgText(x.at(place[0]), y.at(place[1]) + 18, text, `fill="var(--text)" font-weight="600" ${HALO}`);
      return (colour ? svgRect(px, py - 7.5, 7, 7, colour, `rx="3.5"`) : "") + svgText(px + (colour ? 12 : 0), py, text, `${TEXT} ${low ? END : ""} ${HALO}`);
    })];
  let along = left;
  if (flow) for (const each of legend) { Object.assign(each, { x: along, y: h + 8 }); along += wide(each.words) + 30; }
  const key = (/** @type {End} */ { words, colour, x, y, right }) => {
    const at = right ? x - wide(words) - 12 : x;
    return svgRect(at, y - 1.5, 8, 3, colour) + words.map((line, k) => svgText(at + 12, y + 4 + LINE * (k - (words.length - 1) / 2), line, TEXT)).join("");
  };
  const empty = !figure.x.title && !figure.y.title, texts = [...empty ? [] : frame, ...words, ...named ? legend.map(key) : []];
  return { shapes: empty ? [] : shapes, words: `<g font-size="11">${texts.join("")}</g>`, w, h: named && flow ? h + 20 : h, x, y, box, flow, ends: legend };
};
/** A picture for a file.
    @type {(figure: Figure, w: number, h: number, how: How) => {markup: string, w: number, h: number}} */
export const curvesFile = (figure, wide, high, how) => {
  const { shapes, words, box, w, h } = curvesPicture(figure, wide, high, { ...how, named: true });
  return { markup: svgShapes(shapes, box) + words, w, h };
};
