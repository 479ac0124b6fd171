/* The pictures of all variants as one table, and as a file of every number. */
const QUERY = ["variant", { label: "head", align: "left" }, { label: "query", align: "left" }, { label: "largest key", align: "left" }, "weight", { label: "second key", align: "left" }, "weight"];
const EXPERTS = ["variant", { label: "layer", align: "left" }, { label: "expert", align: "left" }, "asked for", "taken", "capacity"];
const GUESSES = ["variant", { label: "place", title: "in the answer", align: "right" }, { label: "wanted", align: "left" },
  { label: "likeliest", align: "left" }, "probability", { label: "right", align: "left" }];
const token = (tokens, i) => `${i} ${pg.glyph(tokens[i])}`;

/** A byte of a map -> the weight, null where it is not visible. */
pg.cellWeight = byte => byte === 255 ? null : (byte / 254) ** 2;
/** The weights of one query. */
const row = (frame, bytes, query) => Array.from(bytes.subarray(query * frame.tokens.length, (query + 1) * frame.tokens.length), pg.cellWeight);

const attention = (name, frame) => {
  if (!frame.cells) return [];
  const bytes = pg.bytes(frame.cells);
  return frame.tokens.map((_, query) => {
    const weights = row(frame, bytes, query), [first, second] = pg.largest(weights);
    const cells = key => key === undefined ? [null, null] : [token(frame.tokens, key), pg.weight(weights[key])];
    return [name, `L${frame.layer} H${frame.head}`, token(frame.tokens, query), ...cells(first), ...cells(second)];
  });
};
const experts = (name, { experts: found }) => !found ? [] :
  found.demand.map((asked, e) => [name, found.name, `E${e}`, asked, found.load[e], found.capacity]);
const predictions = (name, { predicted = [] }) => predicted.map(([want, got, p], i) =>
  [name, i, pg.glyph(want), pg.glyph(got), p.toFixed(2), want === got ? "yes" : "no"]);
const KINDS = {
  attention: [attention, QUERY, "Largest weights of each query"], experts: [experts, EXPERTS, "Load of the experts in one update"],
  predictions: [predictions, GUESSES, "Likeliest token at each place of the answer"],
};

/** { columns, rows, name, title } of all variants, for a table. */
pg.compareRows = (lens, cards, pictures) => {
  const [rows, columns, title] = KINDS[lens], step = Math.max(0, ...pictures.map(p => p.step ?? 0));
  const named = cards.map((card, i) => ({ value: card.label, text: card.label, title: `variant ${i}` }));
  return { columns, rows: cards.flatMap((_, i) => rows(named[i], pictures[i] ?? {})), name: `comparison-${lens}-step-${step}`,
    title: `${title}, step ${pg.num(step)}` };
};

/** Save every number: of the maps each weight, of the others what the table says. */
pg.saveCompareCsv = (lens, cards, pictures) => {
  const { columns, rows, name } = pg.compareRows(lens, cards, pictures);
  if (lens !== "attention") {
    return pg.saveCsv([columns.map(column => column.label ?? column), ...rows.map(([who, ...rest]) => [who.value, ...rest])], name);
  }
  const lines = pictures.flatMap((frame, i) => {
    if (!frame.cells) return [];
    const bytes = pg.bytes(frame.cells);
    return frame.tokens.flatMap((asked, query) => row(frame, bytes, query).map((weight, key) =>
      [cards[i].label, frame.step, frame.layer, frame.head, query, asked, key, frame.tokens[key], weight === null ? null : +weight.toFixed(4)]));
  });
  pg.saveCsv([["variant", "step", "layer", "head", "query", "query token", "key", "key token", "weight"], ...lines], name);
};
