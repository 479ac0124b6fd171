/* What one frame of the attention lens says: bytes and JSON of a value, decoded once, with questions answered in weights. */
import { bytesOf, colourTable } from "../core/colours.js";
import { reader } from "../core/text.js";

const MASKED = 255, BIG_MASKED = 65535;

/** A weight as text: two decimals where they say something, three below 0.1, never "0.000" for what is not zero. */
export const weightText = w => {
  if (w === null) return "masked";
  if (w < 0) return w > -0.001 ? "> −0.001" : `−${weightText(-w)}`;
  if (w >= 0.095) return w.toFixed(2);
  return w >= 0.001 ? w.toFixed(3) : w > 0 ? "< 0.001" : "0";
};

/** A reader keeps what does not change between frames (tokens, roles, findings) parsed, and decodes the rest.
    `read(value)` -> { layers, heads, T, S, queries, keys, bytes, ... , weight(layer, head, query, key) -> number | null }.
    @typedef {NonNullable<ReturnType<ReturnType<typeof weights>>>} Frame */
export const weights = () => {
  const parse = reader();
  return value => {
    const queries = parse("queries", value.queries) || [], keys = parse("keys", value.keys) || [];
    const { layers, heads } = value, T = queries.length, S = keys.length;
    const bytes = bytesOf(value.w || ""), big = value.big ? new Uint16Array(bytesOf(value.big).buffer) : null;
    if (bytes.length < layers * heads * T * S) return null;             // a torn or empty frame: keep the picture there is
    const hasBig = big?.length === T * S;
    /** The selected head arrives in 16 bits (steps of 0.00002); the others in 8 on the square-root scale (up to 0.004 off). */
    const scale = weightScale(value.signed || 0);
    const /** @type {(layer: number, head: number, query: number, key: number) => number | null} */ weight = (layer, head, query, key) => {
      const at = query * S + key;
      if (hasBig && layer === value.layer && head === value.head) return big[at] === BIG_MASKED ? null : scale.precise(big[at]);
      const byte = bytes[(layer * heads + head) * T * S + at];
      return byte === MASKED ? null : scale.coarse(byte);
    };
    /** The head as bytes for `paintCells`, and where it starts.
        @type {(layer: number, head: number) => [Uint8Array, number]} */
    const picture = (layer, head) => {
      if (!hasBig || layer !== value.layer || head !== value.head) return [bytes, (layer * heads + head) * T * S];
      return [Uint8Array.from(big, w => scale.byte(w === BIG_MASKED ? null : scale.precise(w))), 0];
    };
    const row = (layer, head, query) => keys.map((_, key) => weight(layer, head, query, key));
    return {
      step: value.step, which: value.which, probe: value.probe, chance: value.chance, every: value.every,
      layer: value.layer, head: value.head, layers, heads, T, S, queries, keys, bytes, weight, picture, row, scale,
      self: value.which !== "cross",                                    // queries and keys are the same positions
      axes: value.queries + value.keys, shape: [layers, heads, T, S].join(),
      info: parse("info", value.info) || [], predicted: parse("predicted", value.predicted) || [],
      stacks: parse("stacks", value.stacks) || [], probes: parse("probes", value.probes) || [],
      finding: parse("finding", value.finding), ablation: parse("ablation", value.ablation), error: value.error || "",
      ask: value.ask || "",
      text: value.text ?? queries.join(""),
    };
  };
};

/** A weight as its byte on the square-root scale, for the colour tables. */
export const byteOf = weight => weight === null ? MASKED : Math.round(Math.sqrt(weight) * 254);

const PLAIN = { signed: 0, name: "square-root scale", table: () => colourTable(), byte: byteOf,
  precise: w => w / 65534, coarse: byte => (byte / 254) ** 2, place: Math.sqrt, ticks: [0, 0.1, 0.5, 1] };
/** How weights are coded, coloured and laid along the legend: 0 to 1, or, where they may be negative, from -end to end
    with the square root on both sides of 0. `place(weight)` -> 0 to 1 along the legend. */
export const weightScale = end => {
  if (!end) return PLAIN;
  const place = weight => (1 + Math.sign(weight) * Math.sqrt(Math.abs(weight) / end)) / 2;
  return { signed: end, name: "± square-root scale", table: () => colourTable("signed"), place,
    byte: weight => weight === null ? MASKED : Math.round(254 * place(Math.max(-end, Math.min(end, weight)))),
    precise: w => (w - 32767) / 32767 * end, coarse: byte => Math.sign(byte - 127) * ((byte - 127) / 127) ** 2 * end,
    ticks: [-1, -0.1, 0, 0.1, 1].map(part => part * end) };
};

/** Keys of a row from the weight farthest from 0 down, without the masked ones. */
export const largestKeys = row => [...row.keys()].filter(key => row[key] !== null).sort((a, b) => Math.abs(row[b]) - Math.abs(row[a]));

/** "8 back", "3 ahead", "itself"; nothing between different sequences. */
export const distanceText = (frame, query, key) => {
  if (!frame.self) return "";
  return query === key ? "itself" : query > key ? `${query - key} back` : `${key - query} ahead`;
};
