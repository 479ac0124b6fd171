/* One token's way through the layers: a path on a plane, and what each layer adds. */
import { num } from "../core/numbers.js";
import { esc, setHtml, setText } from "../core/text.js";
import { glyphOf, shortGlyph } from "../core/tokens.js";
import { svgAttr, svgMove, svgNearest, svgPlane, svgPool } from "./plane.js";
/** @import { Json } from "../core/values.js" */

const PARTS = { attention: "attention adds", cross: "cross-attention adds", feed_forward: "feed-forward adds" };
const AROUND = [[9, -7], [9, 17], [-38, -7], [-38, 17], [9, -21], [9, 31], [-38, -21], [-38, 31]];   // where a name may stand

/** Rows of numbers: state, length, what each part added, cosines. */
export const pathRows = path => [
  ["state", "length", ...path.parts.map(part => PARTS[part]), "cosine with next", "cosine with last"],
  ...path.rows.map(row => [row.name, row.norm, ...path.parts.map(part => row[part]), row.next, row.final]),
];

export const pathPlane = (host, choose) => {
  const plane = svgPlane(host, ["others", "ends", "way", "dots", "words"], .62), { layers, svg } = plane;
  let /** @type {Json} */ path = null, last = [], hover = -1;
  const draw = next => {
    path = next;
    const percent = share => `${num(100 * share, 2)} %`, [x, y] = path.share.map(percent);
    const laid = plane.draw(path.xy.flat(), `${path.stack} ${path.fitted} ${path.tokens.length}`, [`axis 1 (${x} of the variance) →`, `axis 2 (${y}) →`]);
    if (!laid) return;
    const spots = path.xy.map(state => state.map(laid.at)), mine = spots.map(state => state[path.place]);
    const line = places => places.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(" ");
    last = spots.at(-1);
    svgPool(layers.others, "polyline", path.tokens.length).forEach((node, t) =>
      svgAttr(node, { points: line(spots.map(state => state[t])), class: path.tokens[t] === path.tokens[path.place] ? "same" : "" }));
    svgPool(layers.ends, "text", path.tokens.length).forEach((node, t) => {
      svgMove(node, [last[t][0], last[t][1] + 4], { visibility: t === path.place ? "hidden" : "visible" });
      setText(node, shortGlyph(path.tokens[t], 3));
    });
    svgPool(layers.way, "polyline", 1).forEach(node => svgAttr(node, { points: line(mine) }));
    svgPool(layers.dots, "circle", mine.length).forEach((node, n) => svgAttr(node, { cx: mine[n][0], cy: mine[n][1], r: n ? 4 : 5, class: n ? "" : "start" }));
    const stood = [];                                  // names that are drawn: the next one keeps clear of them
    svgPool(layers.words, "text", mine.length).forEach((node, n) => {
      const close = (/** @type {number[]} */ [x, y]) => stood.some(([px, py]) => Math.abs(px - x) < 36 && Math.abs(py - y) < 13);
      const tried = AROUND.map(([dx, dy]) => [Math.max(46, Math.min(mine[n][0] + dx, laid.wide - 40)), mine[n][1] + dy]);
      const [x, y] = tried.find(each => !close(each)) ?? tried[0];
      stood.push([x, y]);
      svgAttr(node, { x, y });
      setText(node, path.rows[n].name.replace("after ", ""));
    });
    const { norm, final } = path.rows[0], end = path.rows.at(-1);
    svg.setAttribute("aria-label", `Way of token ${path.place}, ${glyphOf(path.tokens[path.place])}, through ${path.rows.length - 1} layers: length ${
      num(norm, 3)} to ${num(end.norm, 3)}, cosine of the first state with the last ${num(final, 2)}.`);
    tell();
  };
  const tell = () => plane.tell(hover < 0 || hover >= last.length ? ""
    : `<b class="mono">${esc(glyphOf(path.tokens[hover]))}</b> at ${hover}, after the last layer`, last[hover]);
  svg.addEventListener("pointermove", event => { if (path && event.pointerType !== "touch") { hover = svgNearest(last, plane.place(event), 22); tell(); } });
  svg.addEventListener("pointerleave", () => { hover = -1; if (path) tell(); });
  svg.addEventListener("click", event => { if (!path) return; const t = svgNearest(last, plane.place(event), 44); if (t >= 0) choose(t); });
  svg.addEventListener("keydown", event => {
    if (event.key === "Escape") { hover = -1; return path && tell(); }
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || !path) return;
    event.preventDefault();
    event.stopPropagation();
    choose(Math.max(0, Math.min(path.tokens.length - 1, path.place + by)));
  });
  plane.resized(() => path && draw(path));
  return { draw, svg };
};

/** Norms as bars, cosines as numbers, layer by layer. */
export const pathTable = host => {
  host.innerHTML = `<div class="table-box" tabindex="0" role="region" aria-label="What each layer adds"><table><thead></thead><tbody></tbody></table></div>`;
  const head = host.querySelector("thead"), body = host.querySelector("tbody");
  return { draw(path) {
    const [columns, ...rows] = pathRows(path), lengths = 2 + path.parts.length;
    const most = Math.max(...rows.flatMap(row => row.slice(1, lengths))) || 1;
    const cell = (value, i) => value === null ? "<td></td>" : i === 0 ? `<td class="left">${value}</td>`
      : i < lengths ? `<td class="len"><i style="width:${(100 * value / most).toFixed(1)}%"></i><span>${num(value, 3)}</span></td>`
      : `<td>${value.toFixed(2).replace("-", "−")}</td>`;
    const top = `<tr>${columns.map((name, i) => `<th scope="col" class="${i ? "" : "left"}">${name}</th>`).join("")}</tr>`;
    const html = rows.map(row => `<tr>${row.map(cell).join("")}</tr>`).join("");
    setHtml(head, top);
    setHtml(body, html);
  } };
};
