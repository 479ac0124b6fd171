/* Variants side by side: what each costs, and the same layer, head and tokens of each; or its experts; or its predictions. */
import { say } from "../../core/announce.js";
import { bytesOf, colourTable } from "../../core/colours.js";
import { iconHtml } from "../../core/icons.js";
import { num } from "../../core/numbers.js";
import { esc, setText } from "../../core/text.js";
import { isDark } from "../../core/theme.js";
import { glyphOf, shortGlyph } from "../../core/tokens.js";
import { segmentedChoice } from "../../controls/choice.js";
import { exportMenu } from "../../controls/export.js";
import { pictureOrTable } from "../../controls/picture-or-table.js";
import { cellText, heatMap } from "../../charts/heat-map.js";
import { tableView } from "../../charts/table.js";
import { weightText } from "../../charts/weights.js";
import { comparePicture } from "./compare-file.js";
import { cellWeight, compareLines, compareRows } from "./compare-table.js";
import { compareWord } from "./compare-word.js";
/** @import { Drawn } from "../../core/mount.js"
    @import { Json } from "../../core/values.js" */

const LENSES = [["attention", "Attention"], ["experts", "Experts"], ["predictions", "Predictions"]];
const MOST = 36, TALL = 448;                           // px of a cell, and of a map
const lacking = (kind, card) => kind !== "experts" ? "This model has no attention." : card.experts
  ? "Nothing routed yet: loads are kept with an update." : "This model has no experts.";
const LOCKED = { attention: "same step, layer, head, word", experts: "same step, layer", predictions: "same step, word" };
const tools = () => `<div class="tools"><div class="tool"><div data-s="lens"></div></div>
  <div class="end"><span class="grow"></span><span class="locked">${iconHtml("lock")}<span></span></span><div data-s="as"></div><div data-s="export"></div></div></div>
  <div class="tools"><div class="tool at"><span class="lab">Layer</span><div data-s="layer"></div></div>
  <div class="tool at"><span class="lab">Head</span><div data-s="head"></div></div><div class="tool word"></div><span class="grow"></span>
  <div class="legend"><span class="axt">query ↓ key →</span><span class="axt">weight, square-root scale</span><span class="axt">0</span><i class="ramp"></i><span class="axt">1</span>
  <span class="pair"><span class="sw masked"></span><span class="axt">not visible</span></span></div></div><div class="cmp-vars"></div><section class="cmp-twin" hidden></section>`;

const fact = ([label, number, unit, change]) => `<div class="${change ? "dif" : ""}"><dt>${esc(label)}</dt>
  <dd>${esc(number)} <small>${esc(unit)}${change && change !== "differs" ? ` ${esc(change)}` : ""}</small></dd></div>`;
const head = (card, i) => `<h2>${esc(card.name)}</h2><p>${esc(card.sub)}</p><dl>${card.facts.map(fact).join("")}</dl>
  <p class="matched">${esc(card.match)}</p>${card.removable
    ? `<button class="b small quiet icon gone" data-leave="${i}" aria-label="Remove ${esc(card.label)}">${iconHtml("close")}</button>` : ""}`;

/** One map; it keeps its canvas between frames. `point([query, key])` moves the ring in all of them. */
const map = (place, point) => {
  const host = document.createElement("div");            // of its own: taken out, it is no longer drawn
  place.replaceChildren(host);
  host.className = "jm";
  let /** @type {Json} */ frame = null, /** @type {[number, number] | null} */ at = null;
  let bytes = new Uint8Array(), most = 0, note = "";
  const size = width => { const side = Math.max(4, Math.min(MOST, Math.floor(Math.min(TALL, width - 40) / most))); return [side, side]; };
  const view = heatMap(host, { left: 36, top: 18, size, label: (token, axis, side) => shortGlyph(token, side > 20 ? 3 : 1), across: true,
    told: () => view.under.textContent, over: cell => cell && point(cell), choose: cell => point(cell) });
  const [x, y] = ["x", "y"].map(axis => view.well.appendChild(Object.assign(document.createElement("i"), { className: `cut ${axis}` })));
  const weight = (query, key) => cellWeight(bytes[query * frame.tokens.length + key]);
  const ring = cell => {
    if (!frame) return;
    const n = frame.tokens.length, name = `L${frame.layer} H${frame.head}, step ${num(frame.step)}${note}`;
    at = cell && cell.map(i => Math.min(i, n - 1));
    view.point(at);
    if (!at) return setText(view.under, name);
    const w = weight(...at), [query, key] = at.map(i => `${i} ${glyphOf(frame.tokens[i])}`);
    setText(view.under, `${name}: ${query} on ${key}: ${w === null ? "not visible" : weightText(w)}`);
  };
  const cut = () => {
    x.hidden = y.hidden = !frame.cut;
    x.style.left = y.style.top = `${frame.cut * view.side}px`;
  };
  view.under.className = "axt under";
  view.under.resized = () => frame && cut();
  return { ring, draw(next, cell, tokens, more) {
    [frame, note, most, bytes] = [next, more, tokens, bytesOf(next.cells)];   // most: of the widest map, so that all have the same cells
    const n = frame.tokens.length, names = frame.tokens.map(glyphOf), written = (q, k) => (weight(q, k) ?? 0) < .3 ? "" : cellText(weight(q, k));
    view.draw({ rows: names, columns: names, bytes, table: colourTable(), written, name: "Weights: arrow keys move the query and the key in all pictures",
      said: `Attention of layer ${frame.layer}, head ${frame.head} over ${n} tokens at step ${num(frame.step)}` }, null);
    cut();
    ring(cell);
  } };
};

const bars = experts => {
  const uniform = experts.demand.reduce((a, b) => a + b, 0) / experts.demand.length, top = Math.max(2 * uniform, ...experts.demand, 1);
  const rows = experts.demand.map((d, e) => `<div class="bar" title="E${e}: ${experts.load[e]} of ${d} asked for"><span>E${e}</span>
    <i style="--w:${100 * experts.load[e] / top}%;--d:${100 * d / top}%;--c:var(--cat-${e % 16})"></i><b>${num(experts.load[e])}</b></div>`).join("");
  return `<p class="axt">${esc(experts.name)}: choices taken, of ${num(experts.demand.reduce((a, b) => a + b, 0))} asked for in one update; uniform ${num(Math.round(uniform))}</p>${rows}`;
};
const guesses = ({ step, predicted }, note) => `<p class="axt">step ${num(step)}${note}</p><table><thead><tr><th>wanted</th><th>likeliest</th><th>probability</th></tr></thead><tbody>${predicted.map(([want, got, p]) =>
  `<tr class="${want === got ? "right" : "wrong"}"><td>${esc(glyphOf(want))}</td><td>${esc(glyphOf(got))}</td><td>${p.toFixed(2)}</td></tr>`).join("")}</tbody></table>`;

export const comparePictures = (host, { look, leave, word }) => {
  host.innerHTML = tools();
  const $ = name => host.querySelector(name), vars = $(".cmp-vars");
  let /** @type {{node: Drawn, kind: string, [more: string]: any}[]} any: what a picture of its kind has */ maps = [];
  let /** @type {Json} */ latest = null;
  let /** @type {[number, number] | null} */ point = null;
  let lens = "attention", shown = "";
  const lensChoice = segmentedChoice($("[data-s=lens]"), "Lens", id => { lens = id; redraw(); });
  const layer = segmentedChoice($("[data-s=layer]"), "Layer", id => look({ layer: +id }));
  const heads = segmentedChoice($("[data-s=head]"), "Head", id => look({ head: +id }));
  const editor = compareWord($(".word"), word), twin = tableView($(".cmp-twin"));
  const asTable = pictureOrTable($("[data-s=as]"), host, () => redraw());
  const trained = make => { const [cards, pictures] = latest ?? []; return pictures?.some(p => p.tokens) ? make(lens, cards, pictures) : say("Nothing has been trained yet."); };
  exportMenu($("[data-s=export]"), { what: "Pictures", picture: () => trained(comparePicture), rows: () => trained(compareLines),
    name: () => trained(compareRows).name });
  const ringAll = cell => { point = cell; maps.forEach(each => each.ring(cell)); };
  host.addEventListener("click", event => {
    const gone = event.target.closest("[data-leave]");
    if (gone) leave(+gone.dataset.leave);
  });
  const redraw = () => latest && draw(...latest);
  const draw = (cards, pictures, at, input) => {
    latest = [cards, pictures, at, input];
    editor.draw(input);
    $(".word").hidden = lens === "experts";
    setText($(".locked span"), LOCKED[lens] + (at.seed === null ? "" : `; of seed ${at.seed}`));
    $(".cmp-twin").hidden = !asTable();
    if (asTable()) twin.draw(compareRows(lens, cards, pictures));
    const key = JSON.stringify(cards), there = pictures.filter(p => p.cells);
    lensChoice.draw(LENSES.map(([id, label]) => [id, label, id === "experts" && !at.experts ? "None of these models has experts." : ""]), lens);
    if (shown !== key) {
      shown = key;
      vars.style.setProperty("--columns", cards.length === 4 ? 2 : cards.length);
      vars.innerHTML = cards.map((card, i) => `<section class="var" style="--v:var(--line-${(i + 1) % 4})" aria-label="${esc(card.name)}">${head(card, i)}
        <div class="picture"></div><p class="sees">${esc(card.sees)}</p></section>`).join("");
      maps = [...vars.querySelectorAll(".picture")].map(node => ({ node, kind: "" }));
    }
    host.querySelectorAll(".at, .legend").forEach(node => { node.hidden = lens !== "attention"; });
    vars.querySelectorAll(".sees").forEach(node => { node.hidden = lens === "experts"; });   // who sees whom: of attention
    if (lens === "experts") $(".at").hidden = false;     // the layer
    const depth = Math.max(1, at.layers), wide = Math.max(1, at.heads), most = Math.max(...there.map(p => p.tokens.length));
    layer.draw([...Array.from({ length: depth }, (_, i) => [String(i), String(i)]), ["-1", "last"]], String(at.layer));
    heads.draw(Array.from({ length: Math.min(wide, 16) }, (_, i) => [String(i), String(i)]), String(at.head));
    maps = maps.map((each, i) => {
      const picture = pictures[i] ?? {}, { node } = each;
      const kind = lens === "attention" && !picture.cells ? "none" : lens;
      const note = input.own && input.past ? ", the task’s own word" : "";
      if (kind === "attention") {
        const made = each.kind === "attention" ? each : { ...map(node, ringAll), node, kind };
        const dark = isDark();
        if (made.frame !== picture || made.most !== most || made.note !== note || made.dark !== dark) made.draw(picture, point, most, note);
        Object.assign(made, { frame: picture, most, note, dark });
        return made;
      }
      const html = picture.step !== undefined && kind === "experts" && picture.experts ? bars(picture.experts)
        : picture.step !== undefined && kind === "predictions" ? guesses(picture, note)
          : `<p class="muted">${picture.step === undefined ? "Nothing to see before it has begun." : lacking(kind, cards[i])}</p>`;
      if (node.shown !== html || each.kind !== kind) node.innerHTML = node.shown = html;
      return { node, kind, ring: () => {} };
    });
    maps.forEach(each => { each.ring ??= () => {}; });
  };
  return { draw, begin: id => { lens = id; } };
};
