/* The attention lens as tables: all heads, and the rows of the selected head. Drawn only while the tables are shown:
   sorting 144 rows at every frame would be wasted behind a picture. */
const HEADS = ["head", { label: "role", align: "left" }, "score", { label: "entropy", title: "bits" },
  { label: "mean distance", title: "tokens back" }];
const ROWS = ["query", { label: "largest key", align: "left" }, "weight", { label: "second key", align: "left" }, "weight"];

pg.headTable = host => {
  const view = pg.tableView(host);
  return { draw(frame) {
    const rows = frame.info.map(({ role, score, bits, back }, i) => {
      const name = `L${Math.floor(i / frame.heads)} H${i % frame.heads}`;
      return [name, role || "no clear role", score?.toFixed(2), bits?.toFixed(2) ?? null, back.toFixed(1)];
    });
    view.draw({ name: "heads", title: "All heads", columns: HEADS, rows });
  } };
};

pg.rowTable = host => {
  const view = pg.tableView(host), token = (i, text) => `${i} ${pg.glyph(text)}`;
  return { draw(frame, { layer, head }) {
    const rows = frame.queries.map((text, query) => {
      const row = frame.row(layer, head, query), [first, second] = pg.largest(row);
      const cells = key => key === undefined ? [null, null] : [token(key, frame.keys[key]), pg.weight(row[key])];
      return [token(query, text), ...cells(first), ...cells(second)];
    });
    view.draw({ name: `rows-L${layer}-H${head}`, title: `Rows of L${layer} H${head}`, columns: ROWS, rows });
  } };
};
