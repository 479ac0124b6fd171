/* What the card over a cell of the large map says: query, key, weight, distance, and whether it is the row's largest. */
import { esc } from "../core/text.js";
import { glyphOf } from "../core/tokens.js";
import { distanceText, largestKeys, weightText } from "./weights.js";

const named = (token, i) => `<b class="mono">${esc(glyphOf(token))}</b> (${i})`;

/** Two lines of html for the weight of `query` on `key` in the chosen head. */
export const mapCard = (frame, { layer, head }, query, key) => {
  const weight = frame.weight(layer, head, query, key);
  const pair = `${named(frame.queries[query], query)} → ${named(frame.keys[key], key)}`;
  if (weight === null) {
    const why = frame.self && key > query ? "masked: not yet seen" : "masked: may not be looked at";
    return `${pair}<br><span class="muted">${why}</span>`;
  }
  const largest = largestKeys(frame.row(layer, head, query))[0] === key ? frame.scale.signed ? "farthest from 0 in row" : "largest in row" : "";
  const notes = [distanceText(frame, query, key), largest].filter(Boolean).join(" · ");
  return `${pair} &nbsp;<b>${weightText(weight)}</b><br><span class="muted">${notes || "in the source"}</span>`;
};
