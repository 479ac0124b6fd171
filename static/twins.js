/* The attention lens as tables: all heads, and the rows of the selected head. */
const token = (i, text) => `${i} ${pg.glyph(text)}`;

/** Drawn only while the tables are shown: sorting 144 rows at every frame would be wasted behind a picture. */
pg.headTable = host => {
  const view = pg.tableView(host);
  return { draw: frame => view.draw({
    name: "heads", title: "All heads", columns: ["head", { label: "role", align: "left" }, "score", { label: "entropy", title: "bits" }, { label: "mean distance", title: "tokens back" }],
    rows: frame.info.map((info, i) => [`L${Math.floor(i / frame.heads)} H${i % frame.heads}`, info.role || "no clear role", info.score?.toFixed(2) ?? null, info.bits.toFixed(2), info.back.toFixed(1)]),
  }) };
};
pg.rowTable = host => {
  const view = pg.tableView(host);
  return { draw(frame, { layer, head }) {
    const rows = frame.queries.map((text, query) => {
      const row = frame.row(layer, head, query), [first, second] = pg.largest(row);
      const cells = key => key === undefined ? [null, null] : [token(key, frame.keys[key]), pg.weight(row[key])];
      return [token(query, text), ...cells(first), ...cells(second)];
    });
    view.draw({ name: `rows-L${layer}-H${head}`, title: `Rows of L${layer} H${head}`, columns: ["query", { label: "largest key", align: "left" }, "weight", { label: "second key", align: "left" }, "weight"], rows });
  } };
};
