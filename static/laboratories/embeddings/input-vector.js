/* What an input vector is made of: one strip of cells per part, the sum, and what the first norm makes of it. */
import { say } from "../../core/announce.js";
import { colourTable, paintCells, rampOf } from "../../core/colours.js";
import { isSeen, mount, mountOf } from "../../core/mount.js";
import { num } from "../../core/numbers.js";
import { onDo, onVerb, rich } from "../../core/rich.js";
import { esc, reader, setHtml, setText } from "../../core/text.js";
import { glyphOf } from "../../core/tokens.js";
import { segmentedChoice } from "../../controls/choice.js";
import { exportMenu } from "../../controls/export.js";
import { pictureOrTable } from "../../controls/picture-or-table.js";
import { tableView } from "../../charts/table.js";
import { tokenStrip } from "../../charts/token-strip.js";
import { stripsPicture } from "./input-vector-file.js";
/** @import { Json } from "../../core/values.js"
    @import { Make } from "../../core/widget.js" */

const HTML = `<div class="lens-head"><div><h1></h1><p></p></div></div>
  <div class="tools"><div class="tool stacks"><span class="lab">Stack</span><div data-s="stack"></div></div>
    <div class="tool segment"><label class="lab" for="iv-segment">Second segment from token</label>
      <input type="range" id="iv-segment" min="0" step="1"><output></output></div>
    <div class="end"><span class="grow"></span><div class="tool last"><div data-s="as"></div><div data-s="export"></div></div></div></div>
  <div class="all"><div class="strip"></div>
    <div class="pic"><div class="sums" tabindex="0" role="group"></div><p class="enters"></p><p class="does"></p>
      <div class="norms"><div class="pt"><h2>Norm of each part, token by token</h2><span></span></div><div class="bars"></div></div></div>
    <div class="twin"></div><div class="hover-card" hidden></div></div>`;
const POLL_MS = 1000;
const NOUGHT = 1e-6;                                   // float32 leaves so much of a mean that is 0
const signed = (x, digits = 3) => num(Math.abs(x) < NOUGHT ? 0 : x, digits);

/** @type {Make} */
export const inputvector = (element, props, trigger, watch) => {
  const root = mountOf(element), parse = reader();
  root.classList.add("inputvector");
  root.innerHTML = HTML;
  const $ = name => root.querySelector(name), slot = name => $(`[data-s=${name}]`), card = $(".hover-card"), host = $(".sums");
  let /** @type {Json} */ latest = null, /** @type {number | null} */ place = null;
  let /** @type {[number, number] | null} */ cell = null, dragging = false;

  const see = change => trigger("see", change);
  const stand = at => { place = at; see({ place: at }); draw(); };
  const stack = segmentedChoice(slot("stack"), "Stack", id => see({ stack: id }));
  const asTable = pictureOrTable(slot("as"), root, () => draw(), () => latest);
  const strip = tokenStrip($(".strip"), stand), twin = tableView($(".twin")), range = $("input"), output = $("output");
  const all = () => [...latest.parts, ...(latest.parts.length > 1 ? [latest.sum] : []), ...(latest.normed ? [latest.normed] : [])];
  const name = () => `input-of-token-${latest.place}${latest.step === null ? "" : `-step-${latest.step}`}`;
  const columns = () => ["channel", ...all().map(row => row.label)];
  const rows = () => latest.sum.x.map((_, d) => [d, ...all().map(row => row.x[d])]);
  exportMenu(slot("export"), { what: "Strips", name, picture: () => latest && stripsPicture(all(), name().replaceAll("-", " ")),
    rows: () => latest && [columns(), ...rows()] });

  /* ---- drawing ---- */
  const scale = row => row === latest.normed ? Math.max(...row.x.map(Math.abs)) : Math.max(...[...latest.parts, latest.sum].flatMap(one => one.x.map(Math.abs)));
  const build = list => {
    host.innerHTML = list.map((_, i) => `<div class="row" data-r="${i}"><span class="sign" aria-hidden="true"></span><div class="what"><b></b><span class="mono"></span></div>
      <div class="well"><canvas role="img"></canvas><i class="at" hidden></i></div><div class="told"></div></div>`).join("")
      + `<div class="legend"></div>`;
  };
  const legend = (top, text) => `<span class="scale"><span class="axt">${text}</span><i style="background:${rampOf("div")}"></i>
    <span class="axt"><span>−${num(top, 2)}</span><span>0</span><span>${num(top, 2)}</span></span></span>`;
  const draw = () => {
    if (!latest) return;
    const list = all(), at = place ?? latest.place, table = colourTable("div");
    strip.draw({ tokens: latest.tokens, place: at });
    $(".tool.stacks").hidden = latest.stacks.length < 2;
    stack.draw(latest.stacks, latest.stack);
    $(".segment").hidden = latest.boundary === null;
    if (latest.boundary !== null && !dragging) {
      Object.assign(range, { max: latest.tokens.length, value: latest.boundary });
      range.setAttribute("aria-valuetext", told(latest.boundary));
      setText(output, told(latest.boundary));
    }
    [...$(".strip").children].forEach((button, i) => button.classList.toggle("second", latest.boundary !== null && i >= latest.boundary));
    if (asTable()) return twin.draw({ name: name(), title: "Numbers", columns: columns(), rows: rows() });
    if (host.querySelectorAll(".row").length !== list.length) build(list);
    list.forEach((row, i) => {
      const node = host.children[i], top = scale(row) || 1, last = row === latest.normed;
      node.classList.toggle("total", row === latest.sum && latest.parts.length > 1);
      node.classList.toggle("normed", last);
      setText(node.querySelector(".sign"), last ? "↓" : row === latest.sum && i ? "=" : i ? "+" : "");
      setText(node.querySelector("b"), row.label);
      setText(node.querySelector(".mono"), last || row === latest.sum && i ? "" : glyphOf(row.of));
      paintCells(node.querySelector("canvas"), Uint8Array.from(row.x, x => Math.round(127 + 127 * x / top)), 0, row.x.length, 1, table);
      node.querySelector("canvas").setAttribute("aria-label", `${row.label}: ${row.x.length} numbers, length ${num(row.norm, 3)}`);
      const html = `<span><b>${num(row.norm, 3)}</b> norm</span><span>${signed(row.mean, 2)} mean</span><span>${num(row.variance, 2)} variance</span>`;
      const said = node.querySelector(".told");
      setHtml(said, html);
    });
    const html = legend(scale(latest.sum), latest.parts.length > 1 ? "the parts and the sum, one scale" : "the vector")
      + (latest.normed ? legend(scale(latest.normed), `after ${latest.normed.label.replace("After ", "")}, its own scale`) : "");
    const keys = host.lastChild;
    setHtml(keys, html);
    setText($(".enters"), latest.enters ? `Nothing is added for the position. ${latest.enters}` : "");
    setText($(".does"), latest.normed ? `${latest.normed.does} It stands ${latest.normed.where}.` : "Nothing is normed before the first block’s attention: it reads the sum itself.");
    drawNorms(at);
    showCell();
  };
  const told = boundary => boundary >= latest.tokens.length ? "none" : `${boundary} ${glyphOf(latest.tokens[boundary])}`;
  /** Bars of all tokens, part by part, on one scale. */
  const drawNorms = at => {
    const names = Object.keys(latest.norms), most = Math.max(...names.flatMap(each => latest.norms[each])) || 1;
    setText($(".norms .pt span"), `0 to ${num(most, 3)}, one scale`);
    const html = names.map(each => `<div class="line"><span>${each}</span><div>${latest.norms[each].map((x, i) =>
      `<i style="height:${(100 * x / most).toFixed(1)}%" class="${i === at ? "on" : ""}" title="${i} ${esc(glyphOf(latest.tokens[i]))}: ${num(x, 3)}"></i>`).join("")}</div></div>`).join("");
    const bars = $(".bars");
    setHtml(bars, html);
  };

  /* ---- cells ---- */
  const showCell = () => {
    const list = latest ? all() : [], [r, d] = cell ?? [-1, -1], row = list[r];
    for (const mark of host.querySelectorAll(".at")) mark.hidden = !row;
    card.hidden = !row;
    if (!row) return;
    const count = row.x.length, well = host.children[r].querySelector(".well");
    for (const mark of host.querySelectorAll(".at")) Object.assign(mark.style, { left: `${100 * d / count}%`, width: `${100 / count}%` });
    card.innerHTML = `channel ${d}<br>${list.map(each => `${each.label} <b>${signed(each.x[d])}</b>`).join("<br>")}`;
    const box = well.getBoundingClientRect(), base = card.offsetParent.getBoundingClientRect(), x = box.left - base.left + (d + .5) / count * box.width;
    Object.assign(card.style, { left: `${Math.max(0, Math.min(x + 10, base.width - card.offsetWidth))}px`, top: `${box.bottom - base.top + 6}px` });
  };
  const cellAt = /** @returns {[row: number, channel: number] | null} */ event => {
    const row = event.target.closest?.("[data-r]"), well = row?.querySelector(".well").getBoundingClientRect();
    if (!well || event.clientX < well.left || event.clientX >= well.right) return null;
    return [+row.dataset.r, Math.floor((event.clientX - well.left) / well.width * latest.sum.x.length)];
  };
  host.addEventListener("pointermove", event => { if (latest) { cell = cellAt(event); showCell(); } });
  host.addEventListener("pointerdown", event => { if (latest) { cell = cellAt(event); showCell(); } });
  host.addEventListener("pointerleave", () => { cell = null; if (latest) showCell(); });
  host.addEventListener("blur", () => { cell = null; if (latest) showCell(); });
  host.addEventListener("keydown", event => {
    const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (event.key === "Escape") { cell = null; return showCell(); }
    if (!by || !latest) return;
    event.preventDefault();
    event.stopPropagation();
    const list = all(), [r, d] = cell ?? [0, by[1] > 0 ? -1 : 0];
    cell = [Math.max(0, Math.min(list.length - 1, r + by[0])), Math.max(0, Math.min(latest.sum.x.length - 1, d + by[1]))];
    showCell();
    say(`${list[cell[0]].label}, channel ${cell[1]}: ${signed(list[cell[0]].x[cell[1]])}`);
  });

  /* ---- events ---- */
  range.addEventListener("input", () => { dragging = true; setText(output, told(+range.value)); see({ boundary: +range.value }); });
  range.addEventListener("change", () => { dragging = false; });
  onVerb("page", id => { const /** @type {HTMLElement | null} */ link = document.querySelector(`.pages [data-page="${CSS.escape(id)}"]`); link?.click(); return !!link; });
  onDo($(".lens-head"), () => {});
  new IntersectionObserver(entries => { if (entries.some(entry => entry.isIntersecting)) see({}); }).observe(element);
  setInterval(() => { if (latest?.running && isSeen(root) && !document.hidden) see({}); }, POLL_MS);
  mount(element, props, watch, value => {
    const read = field => parse(field, value[field]);
    latest = { ...value, stacks: read("stacks"), tokens: read("tokens"), parts: read("parts"), sum: read("sum"), normed: read("normed"), norms: read("norms") };
    if (latest.place === place || place !== null && latest.tokens.length <= place) place = null;
    const finding = read("finding");
    setText($("h1"), finding.title);
    rich($(".lens-head p"), finding.html);
    root.classList.add("ready");
    draw();
  });
};
