/* The map of a table of vectors: every token a label, the chosen one with its neighbours and the way it has come. */
import { say } from "../../core/announce.js";
import { num } from "../../core/numbers.js";
import { esc, setText } from "../../core/text.js";
import { glyphOf } from "../../core/tokens.js";
import { svgArrows, svgAttr, svgMove, svgNearest, svgPlane, svgPool, svgTowards } from "../../charts/plane.js";
/** @import { Json } from "../../core/values.js" */

const REACH = 22, HIGH = 13;

export const vectorMap = (host, { choose }) => {
  const plane = svgPlane(host, ["joined", "trail", "links", "dots", "words"], .78), { layers, svg } = plane;
  let /** @type {Json} */ frame = null, spots = [], hover = -1, labelled = new Set(), card = false;

  const titles = () => {
    const percent = share => `${num(100 * share, 2)} %`, [x, y] = frame.share.map(percent);
    return frame.axes === "principal" ? [`axis 1 (${x} of the variance) →`, `axis 2 (${y}) →`]
      : [`cosine of ${frame.axes} turns (${x} of the numbers’ variance) →`, `sine (${y}) →`];
  };
  /** Which labels have room: the chosen one and its neighbours first, then those that had it in the last frame. */
  const roomy = () => {
    const first = [frame.chosen, ...frame.near.map(([row]) => row)], seen = new Set(first), taken = [], fits = new Set();
    const rest = [...spots.keys()].filter(i => !seen.has(i)).sort((a, b) => Number(labelled.has(b)) - Number(labelled.has(a)) || a - b);
    for (const i of [...first, ...rest]) {
      const half = 2 + 3.9 * [...glyphOf(frame.words[i])].length, [x, y] = spots[i];
      if (taken.some(([px, py, other]) => Math.abs(px - x) < half + other && Math.abs(py - y) < HIGH)) continue;
      taken.push([x, y, half]);
      fits.add(i);
    }
    return labelled = fits;
  };
  const way = (group, places, kind) => {
    const [line] = svgPool(group.firstChild, "polyline", places.length > 1 ? 1 : 0);
    if (line) svgAttr(line, { points: places.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ") });
    const dots = svgPool(group.children[1], "circle", kind === "trail" ? places.length : 0);
    dots.forEach((dot, i) => svgAttr(dot, { cx: places[i][0], cy: places[i][1], r: i ? 1.5 : 3 }));
  };
  for (const name of ["joined", "trail"]) svgPool(layers[name], "g", 3);

  const draw = next => {
    frame = next;
    const way0 = (frame.trail || []).map(([, x, y]) => [x, y]);
    const laid = plane.draw([...frame.xy, ...way0], `${frame.table} ${frame.axes} ${frame.fitted} ${frame.words.length}`, titles());
    if (!laid) return;
    spots = frame.xy.map(laid.at);
    const near = new Map(frame.near), fits = roomy();
    way(layers.joined, frame.order.map(row => spots[row]), "joined");
    way(layers.trail, [...way0.map(laid.at), ...(way0.length ? [spots[frame.chosen]] : [])], "trail");
    const [here, begun] = [spots[frame.chosen], way0.length ? laid.at(way0[0]) : null], far = begun && Math.hypot(begun[0] - here[0], begun[1] - here[1]) > 40;
    svgPool(layers.trail.lastChild, "text", far ? 1 : 0).forEach(node => {
      const [x, y] = /** @type {number[]} */ (begun);
      svgAttr(node, { x, y: y + 16 });
      setText(node, `step ${num(frame.trail[0][0])}`);
    });
    svgPool(layers.links, "line", frame.near.length).forEach((line, i) => {
      const [x1, y1] = spots[frame.chosen], [x2, y2] = spots[frame.near[i][0]];
      svgAttr(line, { x1, y1, x2, y2, "stroke-opacity": Math.max(.1, .7 * frame.near[i][1]).toFixed(2) });
    });
    const dots = svgPool(layers.dots, "circle", spots.length), words = svgPool(layers.words, "text", spots.length);
    spots.forEach(([x, y], i) => {
      const kind = i === frame.chosen ? "on" : near.has(i) ? "near" : "", shown = fits.has(i);
      svgMove(dots[i], [x, y], { r: i === frame.chosen ? 7 + 3 * [...glyphOf(frame.words[i])].length : 2.2, class: kind, visibility: i === frame.chosen || !shown ? "visible" : "hidden" });
      svgMove(words[i], [x, y + 4.2], { class: kind, visibility: shown ? "visible" : "hidden" });
      setText(words[i], glyphOf(frame.words[i]));
    });
    const told = frame.near.slice(0, 3).map(([row, cosine]) => `${glyphOf(frame.words[row])} ${num(cosine, 2)}`).join(", ");
    svg.setAttribute("aria-label", `Map of ${frame.words.length} vectors. Chosen: ${glyphOf(frame.words[frame.chosen])}; nearest ${told}. Arrows move.`);
    showCard();
  };
  const showCard = () => {
    const i = hover >= 0 && hover < spots.length ? hover : card ? frame.chosen : -1;
    if (i < 0) return plane.tell("");
    const cosine = new Map(frame.near).get(i), row = frame.rows?.[i], name = frame.table.includes("position") ? "position " : "";
    const parts = [`<b class="mono">${name}${esc(glyphOf(frame.words[i]))}</b>`];
    if (row) parts.push(`length ${num(row[0], 3)}`);
    if (row && row[1] !== null) parts.push(`nearest <b class="mono">${esc(glyphOf(frame.words[row[1]]))}</b>, cosine ${num(row[2], 2)}`);
    if (cosine !== undefined) parts.push(`cosine ${num(cosine, 2)} with <b class="mono">${esc(glyphOf(frame.words[frame.chosen]))}</b>`);
    if (row && row[3] !== null) parts.push(`moved by ${num(100 * row[3], 2)} % since step ${num(frame.norm.since)}`);
    plane.tell(parts.join("<br>"), spots[i]);
  };
  svg.addEventListener("pointermove", event => {
    if (!frame || event.pointerType === "touch") return;
    hover = svgNearest(spots, plane.place(event), REACH);
    svg.classList.toggle("over", hover >= 0);
    showCard();
  });
  svg.addEventListener("pointerleave", () => { hover = -1; if (frame) showCard(); });
  svg.addEventListener("click", event => {
    if (!frame) return;
    const row = svgNearest(spots, plane.place(event), 2 * REACH);
    if (row >= 0) { card = true; choose(row); }
  });
  svg.addEventListener("focus", () => { card = svg.matches(":focus-visible") || card; if (frame) showCard(); });
  svg.addEventListener("blur", () => { card = false; if (frame) showCard(); });
  svg.addEventListener("keydown", event => {
    if (event.key === "Escape") { card = false; hover = -1; return frame && showCard(); }
    const by = svgArrows[event.key];
    if (!by || !frame) return;
    event.preventDefault();
    event.stopPropagation();                           // the page's own arrows move the scrubber
    card = true;
    hover = -1;
    const row = svgTowards(spots, frame.chosen, by);
    if (row !== frame.chosen) { choose(row); say(glyphOf(frame.words[row])); }
  });
  plane.resized(() => frame && draw(frame));
  return { draw, svg };
};
