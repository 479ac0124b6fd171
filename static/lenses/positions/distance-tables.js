/* The Positions lens as tables and files: every head; the selected head by distance; charts as one picture. */
import { colourTable, cssColour, penOf } from "../../core/colours.js";
import { saveBlob, saveCsv, savePng } from "../../core/files.js";
import { num } from "../../core/numbers.js";
import { esc } from "../../core/text.js";
import { tableView } from "../../charts/table.js";
import { awayText } from "./distance-frame.js";
import { distancePictures, steadyScale } from "./distance-pictures.js";

const HEADS = ["head", { label: "does", align: "left" }, { label: "strongest at", align: "left" }, { label: "weight", digits: 3 },
  { label: "explained", percent: true, digits: 0, title: "share of the variance of its scores that distance explains, R²" }];
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

const fileName = (frame, { layer, head }) => `positions-L${layer}-H${head}-step-${frame.step}`;
export const saveDistanceCsv = (frame, chosen) => saveCsv([["layer", "head", ...columns(frame).map(column => column.label ?? column)],
  ...rows(frame, chosen).map(row => [chosen.layer, chosen.head, ...row])], fileName(frame, chosen));

/** All charts of the head, one below the other, as "svg" or "png" (at twice the size). */
export const saveDistances = (kind, frame, chosen) => {
  const W = 720, colour = text => text.replace(/var\((--[\w-]+)\)/g, (_, name) => getComputedStyle(document.body).getPropertyValue(name).trim());
  const cells = (x, y, w, h) => {
    const [table, { R, pairs }] = [colourTable("signed"), frame];
    return pairs.rows.map((_, p) => Array.from({ length: R }, (_, i) => {
      const adds = frame.pair(p, i), byte = adds === null ? 255 : 127 + Math.round(adds / pairs.top * 127);
      return `<rect x="${(x + i * w / R).toFixed(2)}" y="${(y + p * h / pairs.rows.length).toFixed(2)}" width="${(w / R + .3).toFixed(2)}" height="${(h / pairs.rows.length).toFixed(2)}" fill="${cssColour(table[byte])}"/>`;
    }).join("")).join("");
  };
  let high = 34, parts = `<text x="16" y="22" font-size="14" font-weight="600" fill="var(--text)">L${chosen.layer} H${chosen.head}, ${frame.which}, step ${num(frame.step)}</text>`;
  for (const [, title, note, markup, tall] of distancePictures(frame, chosen, W, steadyScale(), cells)) {
    parts += `<g transform="translate(0,${high})"><text x="16" y="14" font-weight="600" fill="var(--text)">${title} <tspan font-weight="400" fill="var(--text-3)">${esc(note)}</tspan></text>
      <g transform="translate(0,22)">${markup}</g></g>`;
    high += tall + 30;
  }
  const svg = colour(`<svg xmlns="http://www.w3.org/2000/svg" width="${W}" height="${high}" font-family="sans-serif" font-size="11">
    <rect width="${W}" height="${high}" fill="var(--page)"/>${parts}</svg>`), name = fileName(frame, chosen);
  if (kind === "svg") return saveBlob(new Blob([svg], { type: "image/svg+xml" }), `${name}.svg`);
  const image = new Image();
  image.onload = () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 2 * W, height: 2 * high });
    penOf(canvas).drawImage(image, 0, 0, 2 * W, 2 * high);
    savePng(canvas, name);
  };
  image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
};
