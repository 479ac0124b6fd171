/* One frame of the Positions lens, decoded: mean weights of every head by distance, and what the selected head's scores
   are made of. R distances, from `first` tokens back on; ahead is negative. */
import { bytesOf } from "../../core/colours.js";
import { reader } from "../../core/text.js";

const floats = text => new Float32Array(bytesOf(text ?? "").buffer);
const JSONS = ["stacks", "probes", "ablation", "finding", "info", "measures", "terms", "pairs"];

/** "8 back", "1 ahead", "itself". */
export const awayText = distance => distance === 0 ? "itself" : `${Math.abs(distance)} ${distance > 0 ? "back" : "ahead"}`;

/** A function value -> frame. */
export const distanceFrames = () => {
  const parse = reader();
  return value => {
    const frame = { ...value };
    for (const name of JSONS) frame[name] = parse(name, value[name]);
    if (!value.layers) return frame;
    frame.even = floats(value.even);
    const all = floats(value.weights), R = frame.R = frame.even.length, scores = floats(value.scores);
    frame.at = i => value.first + i;
    frame.weights = (layer, head) => all.subarray((layer * value.heads + head) * R, (layer * value.heads + head + 1) * R);
    frame.scores = frame.terms.map((_, i) => scores.subarray(i * R, (i + 1) * R));
    frame.spread = floats(value.spread);
    frame.cells = value.cells ? new Int16Array(bytesOf(value.cells).buffer) : null;
    /** What pair p adds at distance i; null where no query sees it. */
    frame.pair = (p, i) => frame.cells[p * R + i] === -32768 ? null : frame.cells[p * R + i] / 32767 * frame.pairs.top;
    /** The pairs as bytes for `paintCells`, 127 is 0. */
    frame.pairBytes = () => Uint8Array.from(frame.cells, cell => cell === -32768 ? 255 : 127 + Math.round(cell / 32767 * 127));
    return frame;
  };
};

/** Where a weight stands on the y axis, 0 (bottom) to 1: logarithmic from 0.001, or linear where weights may be negative. */
const LEAST = -3;
export const distanceScale = ({ signed }) => signed
  ? { place: w => (w / signed + 1) / 2, ticks: [-signed, 0, signed], name: "linear scale: weights may be negative" }
  : { place: w => Math.max(0, 1 - Math.log10(Math.max(w, 10 ** LEAST)) / LEAST), ticks: [1, .1, .01, .001], name: "log scale" };

/** Colour of a head's curve: of its own while all heads of a layer can be told apart. */
export const headColour = (frame, head, chosen) =>
  frame.heads <= 4 ? `var(--line-${head})` : head === chosen ? "var(--line-0)" : "var(--line-strong)";

/** Points of a curve as an SVG path, broken where there is no number. */
export const curvePath = (values, x, y) => {
  let path = "", pen = "M";
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) { pen = "M"; continue; }
    path += `${pen}${x(i).toFixed(1)} ${y(values[i]).toFixed(1)}`;
    pen = "L";
  }
  return path;
};
