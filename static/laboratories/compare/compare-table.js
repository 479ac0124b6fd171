/* The pictures of all variants as one table, and as a file of every number. */
import { bytesOf } from "../../core/colours.js";
import { num } from "../../core/numbers.js";
import { glyphOf } from "../../core/tokens.js";
import { largestKeys, weightText } from "../../charts/weights.js";

const QUERY = ["variant", { label: "head", align: "left" }, { label: "query", align: "left" }, { label: "largest key", align: "left" }, "weight", { label: "second key", align: "left" }, "weight"];
const EXPERTS = ["variant", { label: "layer", align: "left" }, { label: "expert", align: "left" }, "asked for", "taken", "capacity"];
const GUESSES = ["variant", { label: "place", title: "in the answer", align: "right" }, { label: "wanted", align: "left" },
  { label: "likeliest", align: "left" }, "probability", { label: "right", align: "left" }];
const token = (tokens, i) => `${i} ${glyphOf(tokens[i])}`;

/** A byte of a map -> the weight, null where it is not visible. */
export const cellWeight = byte => byte === 255 ? null : (byte / 254) ** 2;
/** The weights of one query. */
const row = (frame, bytes, query) => Array.from(bytes.subarray(query * frame.tokens.length, (query + 1) * frame.tokens.length), cellWeight);

const attention = (name, frame) => {
  if (!frame.cells) return [];
  const bytes = bytesOf(frame.cells);
  return frame.tokens.map((_, query) => {
    const weights = row(frame, bytes, query), [first, second] = largestKeys(weights);
    const cells = key => key === undefined ? [null, null] : [token(frame.tokens, key), weightText(weights[key])];
    return [name, `L${frame.layer} H${frame.head}`, token(frame.tokens, query), ...cells(first), ...cells(second)];
  });
};
const experts = (name, { experts: found }) => !found ? [] :
  found.demand.map((asked, e) => [name, found.name, `E${e}`, asked, found.load[e], found.capacity]);
const predictions = (name, { predicted = [] }) => predicted.map(([want, got, p], i) =>
  [name, i, glyphOf(want), glyphOf(got), p.toFixed(2), want === got ? "yes" : "no"]);
const KINDS = {
  attention: [attention, QUERY, "Largest weights of each query"], experts: [experts, EXPERTS, "Load of the experts in one update"],
  predictions: [predictions, GUESSES, "Likeliest token at each place of the answer"],
};

/** { columns, rows, name, title } of all variants, for a table. */
export const compareRows = (lens, cards, pictures) => {
  const [rows, columns, title] = KINDS[lens], step = Math.max(0, ...pictures.map(p => p.step ?? 0));
  const named = cards.map((card, i) => ({ value: card.label, text: card.label, title: `variant ${i}` }));
  return { columns, rows: cards.flatMap((_, i) => rows(named[i], pictures[i] ?? {})), name: `comparison-${lens}-step-${step}`,
    title: `${title}, step ${num(step)}` };
};

/** Every number as lines of a file: of the maps each weight, of the others what the table says. */
export const compareLines = (lens, cards, pictures) => {
  if (lens !== "attention") {
    const { columns, rows } = compareRows(lens, cards, pictures);
    return [columns.map(column => column.label ?? column), ...rows.map(([who, ...rest]) => [who.value, ...rest])];
  }
  const lines = pictures.flatMap((frame, i) => {
    if (!frame.cells) return [];
    const bytes = bytesOf(frame.cells);
    return frame.tokens.flatMap((asked, query) => row(frame, bytes, query).map((weight, key) =>
      [cards[i].label, frame.step, frame.layer, frame.head, query, asked, key, frame.tokens[key], weight === null ? null : +weight.toFixed(4)]));
  });
  return [["variant", "step", "layer", "head", "query", "query token", "key", "key token", "weight"], ...lines];
};
