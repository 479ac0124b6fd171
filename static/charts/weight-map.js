/* The selected head, large: one square per weight, tokens along both axes, a chosen row and key. */
import { atStep } from "../core/numbers.js";
import { glyphOf, shortGlyph } from "../core/tokens.js";
import { cellText, heatMap } from "./heat-map.js";
import { mapCard } from "./weight-map-card.js";
import { weightText } from "./weights.js";
/** @import { Json } from "../core/values.js" */

const LEFT = 38, TOP = 34, MOST = 40, LEAST = 7, WIDEST = 488;         // px: axes, side of a cell, whole map
const TITLES = ["query: the token looking", "key: the token looked at →"];

/** Side of a cell in px: whole pixels where that costs little width, so that every row is equally thick. */
const size = (width, T, S) => {
  const room = Math.min(width, WIDEST) - LEFT, exact = Math.min(room / S, 640 / T), whole = Math.floor(exact);
  const side = Math.max(LEAST, Math.min(MOST, whole * S >= 0.93 * room ? whole : Math.floor(exact * 10) / 10));
  return [side, side];
};
const label = (token, axis, side) => shortGlyph(token, axis === "x" ? Math.max(1, Math.floor(side / 6.7)) : 3);

/** `choose(query, key)` when a cell is pressed or reached with the arrows; key null in another row than before. Below the map, in
    the same scroller, is `under`, whose bars share its key axis. */
export const weightMap = (host, { choose }) => {
  let /** @type {Json} */ frame = null, /** @type {Json} */ chosen = null;
  const view = heatMap(host, { left: LEFT, top: TOP, size, label, across: true,
    card: (query, key) => mapCard(frame, chosen, query, key), choose: ([query, key], [down]) => choose(query, down ? null : key) });
  const draw = (newFrame, selection) => {
    frame = newFrame;
    chosen = selection;
    const { layer, head, query, key } = chosen, name = `L${layer} H${head}`, [bytes, offset] = frame.picture(layer, head);
    const where = `Row ${query}, ${glyphOf(frame.queries[query])}, on key ${key}, ${glyphOf(frame.keys[key])}`;
    const weight = (row, column) => frame.weight(layer, head, row, column), size = `${frame.T} queries by ${frame.S} keys`;
    view.draw({
      rows: frame.queries.map(glyphOf), columns: frame.keys.map(glyphOf), titles: TITLES, bytes, offset, table: frame.scale.table(),
      written: (...cell) => cellText(weight(...cell)), name: `${name}: arrow keys choose the query row and the key`,
      said: `Weights of ${name} ${atStep(frame.step)}, ${size}. ${where}: ${weightText(weight(query, key))}`,
    }, [query, key]);
  };
  return { draw, under: view.under, get side() { return view.side; } };
};
