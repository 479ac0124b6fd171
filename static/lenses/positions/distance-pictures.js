/* One head over one axis of distances: mean weights of its layer, its mean score with the terms, its rotary pairs. Each is
   SVG text, so that the same function draws the page and the file. */
import { num } from "../../core/numbers.js";
import { esc } from "../../core/text.js";
import { curvePath, distanceScale, headColour } from "./distance-frame.js";

const LEFT = 44, RIGHT = 92, TOP = 6, CALM = 24;       // CALM: frames a smaller scale has to be enough before it is taken
const WEIGHTS = 190, SCORES = 150, LABEL = 12;
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
const NICE = [.1, .2, .3, .5, .8, 1, 1.5, 2, 3, 4, 6, 8, 10, 15, 20, 30, 40, 60, 80, 100, 150, 200, 300, 500, 1000, 2000, 5000];
const line = (path, colour, width, more = "") => `<path d="${path}" fill="none" stroke="${colour}" stroke-width="${width}" ${more}/>`;
const word = (x, y, text, more = "") => `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${esc(text)}</text>`;
const soft = `fill="var(--text-3)"`;

/** Labels at the ends of curves, moved apart: [[y, text, colour, bold]]. */
const ends = (labels, x, low, high) => {
  const sorted = labels.filter(([y]) => !Number.isNaN(y)).sort((a, b) => a[0] - b[0]);
  let last = low - LABEL;
  for (const label of sorted) last = label[0] = Math.max(label[0], last + LABEL);
  let next = high + LABEL;
  for (const label of sorted.reverse()) next = label[0] = Math.min(label[0], next - LABEL);
  return sorted.map(([y, text, colour, bold]) => word(x, y + 4, text, `fill="${colour}" ${bold ? `font-weight="600"` : ""}`)).join("");
};
const last = values => { for (let i = values.length - 1; i >= 0; i--) if (!Number.isNaN(values[i])) return values[i]; return NaN; };
/** Distances that get a tick: about one per 50 px. */
const ticks = (frame, wide) => {
  const step = STEPS.find(each => frame.R / each * 50 <= wide) ?? 1000, found = [];
  for (let d = Math.ceil(frame.first / step) * step; d < frame.first + frame.R; d += step) found.push(d);
  return found;
};
const axis = (frame, x, wide, y, titled) => ticks(frame, wide).map(d =>
  word(x(d - frame.first), y + 14, num(Math.abs(d)), `text-anchor="middle" ${soft}`)).join("")
  + (titled ? word(LEFT + wide / 2, y + 28, frame.first < 0 ? "← ahead · tokens · back →" : "tokens back", `text-anchor="middle" ${soft}`) : "");
const grid = (places, y, wide, label) => places.map(v => `<path d="M${LEFT} ${y(v).toFixed(1)}h${wide}" stroke="var(--line)"/>`
  + word(LEFT - 6, y(v) + 4, label(v), `text-anchor="end" ${soft}`)).join("");
const upright = (frame, x, high) => frame.first < 0 ? `<path d="M${x(-frame.first).toFixed(1)} ${TOP}V${high}" stroke="var(--line-strong)"/>` : "";

/** Mean weights of the layer's heads: [markup, height].
    @returns {[markup: string, high: number]} */
const weightsOf = (frame, { layer, head }, x, wide) => {
  const scale = distanceScale(frame), high = TOP + WEIGHTS, y = w => high - scale.place(w) * WEIGHTS;
  const order = Array.from({ length: frame.heads }, (_, h) => h).sort((a, b) => Number(a === head) - Number(b === head));
  const curves = order.map(h => line(curvePath(frame.weights(layer, h), x, y), headColour(frame, h, head), h === head ? 2.4 : 1.2,
    h === head || frame.heads > 4 ? "" : `opacity=".75"`)).join("");
  const even = line(curvePath(frame.even, x, y), "var(--text-3)", 1.2, `stroke-dasharray="3 3"`);
  const named = order.filter(h => frame.heads <= 4 || h === head).map(h => [y(last(frame.weights(layer, h))), `H${h}`, headColour(frame, h, head), h === head]);
  return [grid(scale.ticks, y, wide, w => num(w)) + upright(frame, x, high) + even + curves
    + ends([...named, [y(last(frame.even)), "even", "var(--text-3)"]], LEFT + wide + 6, TOP, high) + axis(frame, x, wide, high, true), high + 34];
};
/** Mean score and its terms; the band is one standard deviation each way.
    @returns {[markup: string, high: number]} */
const scoresOf = (frame, x, wide, [low, top]) => {
  const high = TOP + SCORES, y = v => high - (v - low) / (top - low) * SCORES;
  const up = frame.scores[0].map((v, i) => v + frame.spread[i]), down = frame.scores[0].map((v, i) => v - frame.spread[i]);
  const back = curvePath(down.reverse(), i => x(frame.R - 1 - i), y).replace(/^M/, "L");
  const band = `<path d="${curvePath(up, x, y)}${back}Z" fill="var(--line-0)" opacity=".1"/>`;
  const colours = ["var(--line-0)", "var(--line-1)", "var(--line-2)"];
  const curves = frame.scores.map((values, i) => line(curvePath(values, x, y), colours[i], i ? 1.8 : 2.4)).reverse().join("");
  const labels = frame.scores.length > 1 ? frame.scores.map((values, i) => [y(last(values)), frame.terms[i], colours[i], !i]) : [];
  const room = (top - low) / SCORES * 14, places = [low, top, low / 2, top / 2].filter((v, i, all) => all.slice(0, i).concat(0).every(other => Math.abs(v - other) > room)).concat(0);
  return [grid(places, y, wide, v => num(v)) + `<path d="M${LEFT} ${y(0).toFixed(1)}h${wide}" stroke="var(--line-strong)"/>` + upright(frame, x, high) + band + curves
    + ends(labels, LEFT + wide + 6, TOP, high) + axis(frame, x, wide, high, true), high + 34];
};
export const pairHeight = count => Math.max(3, Math.min(16, Math.floor(200 / count)));
/** Names, turns and sizes beside the heat map, whose cells are a picture of their own.
    @returns {[markup: string, high: number]} */
const pairsOf = (frame, x, wide, picture) => {
  const { rows } = frame.pairs, row = pairHeight(rows.length), high = TOP + rows.length * row, most = Math.max(...rows.map(r => r[2]), 1e-9);
  const every = Math.ceil(LABEL / row), where = LEFT + wide + 6;
  const turn = tokens => tokens === null ? "no turn" : tokens < 1e5 ? num(tokens, 3) : "> 99,999";
  const beside = rows.map(([name, tokens, size], p) => {
    const y = TOP + p * row, seen = p % every === 0 && (p + every <= rows.length || rows.length < 3) || p === rows.length - 1;
    return (seen ? word(LEFT - 6, y + row / 2 + 4, name, `text-anchor="end" ${soft}`) + word(where, y + row / 2 + 4, turn(tokens), soft) : "")
      + `<rect x="${where + 52}" y="${y + 1}" width="${(34 * size / most).toFixed(1)}" height="${Math.max(1, row - 2)}" fill="var(--text-2)"/>`;
  }).join("");
  return [picture(LEFT, TOP, wide, rows.length * row) + beside + axis(frame, x, wide, high, true), high + 34];
};

/** Where the axis of scores ends below and above 0: it widens at once and narrows late. */
export const steadyScale = () => {
  const calm = [0, 0];
  let now = "", ends = [0, 0];
  const fit = (i, reach) => {
    const needs = reach > .02 * Math.max(...ends) ? NICE.find(step => step >= reach) ?? reach : 0;
    calm[i] = needs < ends[i] ? calm[i] + 1 : 0;
    if (needs > ends[i] || calm[i] > CALM) { ends[i] = needs; calm[i] = 0; }
  };
  return (key, least, most) => {
    if (key !== now) { now = key; ends = [0, 0]; }
    for (const [i, reach] of -least > most ? [[0, -least], [1, most]] : [[1, most], [0, -least]]) fit(i, reach);
    return [-ends[0], ends[1] || (ends[0] ? 0 : 1)];
  };
};

/** The three pictures as [name, title, small print, markup, height]; `picture(x, y, w, h)` places the cells of the pairs.
    @typedef {[name: string, title: string, note: string, markup: string, high: number]} Picture
    @returns {Picture[]} */
export const distancePictures = (frame, chosen, width, scale, picture) => {
  const wide = width - LEFT - RIGHT, x = i => LEFT + (i + .5) / frame.R * wide, { layer, head } = chosen;
  const /** @type {Picture[]} */ found = [["weights", "Mean weight by distance", `layer ${layer}, ${distanceScale(frame).name}`, ...weightsOf(frame, chosen, x, wide)]];
  if (!frame.scores.length || layer !== frame.layer || head !== frame.head) return found;
  const limits = [];
  frame.scores.forEach((values, i) => values.forEach((v, k) => { if (!Number.isNaN(v)) limits.push(v - (i ? 0 : frame.spread[k]), v + (i ? 0 : frame.spread[k])); }));
  const range = scale(`${frame.which} ${layer} ${head} ${frame.terms.length}`, Math.min(...limits), Math.max(...limits));
  found.push(["scores", "Mean score", `${frame.terms.length > 1 ? "" : `${frame.terms[0]}; `}band: ± 1 standard deviation`, ...scoresOf(frame, x, wide, range)]);
  if (frame.pairs) found.push(["pairs", "What each rotary pair adds", `teal −${num(frame.pairs.top)}, rust ${num(frame.pairs.top)}; right: tokens per turn, mean size`, ...pairsOf(frame, x, wide, picture)]);
  return found;
};
export const distanceEdges = { left: LEFT, right: RIGHT, top: TOP };
