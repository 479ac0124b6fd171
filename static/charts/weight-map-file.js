/* The labelled map of one head as a picture or as rows of numbers. */
import { stepName, stepText } from "../core/numbers.js";
import { shortGlyph } from "../core/tokens.js";
import { svgHeat, svgTitled } from "./svg-file.js";

const CELL = 16;
/** "square-root scale", or where teal and rust stand as well. */
const scaleSaid = ({ signed, name }) => signed ? `${name}: teal −${signed}, paper 0, rust ${signed}` : name;

export const mapName = (frame, { layer, head }) => `attention-L${layer}-H${head}${stepName(frame.step)}`;

export const mapPicture = (frame, { layer, head }) => {
  const [bytes, offset] = frame.picture(layer, head), { role } = frame.info[layer * frame.heads + head] ?? {};
  const rows = frame.queries.map(token => shortGlyph(token, 6)), columns = frame.keys.map(token => shortGlyph(token, 2));
  const title = `${[`L${layer} H${head}`, role].filter(Boolean).join(" ")}, ${stepText(frame.step)}`;
  return svgTitled(title, `key → (query down), ${scaleSaid(frame.scale)}, masked grey`,
    svgHeat({ rows, columns, bytes, offset, table: frame.scale.table() }, CELL, CELL));
};

/** The selected head, one line per query and key; masked weights are empty. */
export const mapRows = (frame, { layer, head }) => [["layer", "head", "query", "query token", "key", "key token", "weight"],
  ...frame.queries.flatMap((asked, query) => frame.row(layer, head, query).map((weight, key) =>
    [layer, head, query, asked, key, frame.keys[key], weight === null ? null : Number(weight.toFixed(5))]))];
