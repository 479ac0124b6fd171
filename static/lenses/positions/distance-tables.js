/* The Positions lens as tables and files: every head; the selected head by distance; charts as one picture. */
import { colourTable } from "../../core/colours.js";
import { stepName, stepText } from "../../core/numbers.js";
import { BOLD, svgCells, svgGroup, svgStack, svgText, svgTitled } from "../../charts/svg-file.js";
import { tableView } from "../../charts/table.js";
import { awayText } from "./distance-frame.js";
import { distancePictures, steadyScale } from "./distance-pictures.js";

const HEADS = ["head", { label: "does", align: "left" }, { label: "strongest at", align: "left" }, { label: "weight", digits: 3 },
  { label: "explained", percent: true, digits: 0, title: "share of the variance of its scores that distance explains, R²" }];
const WIDE = 720;                                      // px of the charts in a file
const WEIGHT = { label: "weight", digits: 4 };
const round = v => Number.isNaN(v) ? null : +v.toPrecision(4);

const columns = ({ terms, pairs, scores }) => ["distance", WEIGHT, { ...WEIGHT, label: "even weight" }, ...scores.length ? [terms[0], "± sd", ...terms.slice(1)] : [],
  ...(pairs?.rows ?? []).map(([name, turn]) => turn === null ? "not turned" : `pair ${name}`)];
const rows = (frame, { layer, head }) => {
  const mine = layer === frame.layer && head === frame.head && frame.scores.length;
  const weights = frame.weights(layer, head);
  return Array.from(weights, (w, i) => {
    const scores = frame.scores.map(values => mine ? round(values[i]) : null);
    const told = frame.scores.length ? [scores[0], mine ? round(frame.spread[i]) : null, ...scores.slice(1)] : [];
    const pairs = (frame.pairs?.rows ?? []).map((_, p) => mine && frame.pair(p, i) !== null ? round(frame.pair(p, i)) : null);
    return [frame.at(i), round(w), round(frame.even[i]), ...told, ...pairs];
  });
};

export const distanceTables = (first, second) => {
  const heads = tableView(first), one = tableView(second);
  return { draw(frame, chosen) {
    heads.draw({ name: "heads-by-distance", title: "All heads", columns: HEADS, rows: frame.info.map(([does, share], i) => {
      const layer = Math.floor(i / frame.heads), head = i % frame.heads, weights = frame.weights(layer, head);
      let best = 0;
      weights.forEach((w, k) => { if (w > weights[best] || Number.isNaN(weights[best])) best = k; });
      return [`L${layer} H${head}`, does, awayText(frame.at(best)), weights[best], share];
    }) });
    const name = `distances-L${chosen.layer}-H${chosen.head}`;
    one.draw({ name, title: `L${chosen.layer} H${chosen.head} by distance`, columns: columns(frame), rows: rows(frame, chosen) });
  } };
};

export const distancesName = (frame, { layer, head }) => `positions-L${layer}-H${head}${stepName(frame.step)}`;
/** The lines of the file of numbers. */
export const distanceRows = (frame, chosen) => [["layer", "head", ...columns(frame).map(column => column.label ?? column)],
  ...rows(frame, chosen).map(row => [chosen.layer, chosen.head, ...row])];

/** All charts of the head, one below the other. */
export const distancesPicture = (frame, chosen) => {
  const cells = (/** @type {[number, number, number, number]} */ ...box) => svgCells(box, frame.pairBytes(), 0, frame.R, frame.pairs.rows.length, colourTable("signed"));
  const charts = distancePictures(frame, chosen, WIDE, steadyScale(), cells).map(([, title, note, markup, high]) => ({ w: WIDE, h: high + 30,
    markup: svgText(0, 14, title, BOLD) + svgText(7 * title.length, 14, note, `fill="var(--text-3)"`) + svgGroup(0, 22, markup) }));
  const { markup, ...size } = svgStack(charts);
  return svgTitled(`L${chosen.layer} H${chosen.head}, ${frame.which}, ${stepText(frame.step)}`, "", { markup: `<g font-size="11">${markup}</g>`, ...size });
};
