/* The attention lens as tables: all heads, and the rows of the selected head. Drawn only while the tables are shown:
   sorting 144 rows at every frame would be wasted behind a picture. */
import { glyphOf } from "../../core/tokens.js";
import { tableView } from "../../charts/table.js";
import { largestKeys, weightText } from "../../charts/weights.js";

const HEADS = ["head", { label: "role", align: "left" }, "score", { label: "entropy", title: "bits" },
  { label: "mean distance", title: "tokens back" }];
const ROWS = ["query", { label: "largest key", align: "left" }, "weight", { label: "second key", align: "left" }, "weight"];

export const headTable = host => {
  const view = tableView(host);
  return { draw(frame) {
    const rows = frame.info.map(({ role, score, bits, back }, i) => {
      const name = `L${Math.floor(i / frame.heads)} H${i % frame.heads}`;
      return [name, role || "no clear role", score?.toFixed(2), bits?.toFixed(2) ?? null, back.toFixed(1)];
    });
    view.draw({ name: "heads", title: "All heads", columns: HEADS, rows });
  } };
};

export const rowTable = host => {
  const view = tableView(host), token = (i, text) => `${i} ${glyphOf(text)}`;
  return { draw(frame, { layer, head }) {
    const rows = frame.queries.map((text, query) => {
      const row = frame.row(layer, head, query), [first, second] = largestKeys(row);
      const cells = key => key === undefined ? [null, null] : [token(key, frame.keys[key]), weightText(row[key])];
      return [token(query, text), ...cells(first), ...cells(second)];
    });
    view.draw({ name: `rows-L${layer}-H${head}`, title: `Rows of L${layer} H${head}`, columns: ROWS, rows });
  } };
};
