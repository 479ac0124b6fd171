/* The Architecture lens: the model as a picture that follows the settings, with what the run measures in it; a block that
   is pressed says beside it what it does. */
import { iconHtml } from "../../core/icons.js";
import { mount, mountOf, nextFrame } from "../../core/mount.js";
import { num } from "../../core/numbers.js";
import { onDo, rich } from "../../core/rich.js";
import { esc, reader, setHtml, setText } from "../../core/text.js";
import { exportMenu } from "../../controls/export.js";
import { pictureOrTable } from "../../controls/picture-or-table.js";
import { tableView } from "../../charts/table.js";
import { diagram, measured } from "./diagram.js";
/** @import { Json } from "../../core/values.js"
    @import { Make } from "../../core/widget.js" */

const HTML = `<div class="lens-head"><div><h1></h1><p></p></div></div>
  <div class="tools"><span class="grow"></span><div class="end"><div class="tool last"><div data-s="as"></div><div data-s="export"></div></div></div></div>
  <div class="model"><div class="pic"><svg role="group" aria-label="Blocks of the model; arrow keys move"></svg></div>
    <div class="twin"></div><section class="about" aria-live="polite" hidden><div class="eyebrow"></div><h2></h2><p class="muted set"></p>
      <p class="does"></p><p class="formula"><code></code></p><dl></dl><p class="axt source"></p>
      <div class="row"><button class="b small" data-k="settings">${iconHtml("sliders")}Its settings</button>
      <button class="b small quiet" data-k="lens"></button></div></section></div>`;
const titleOf = lens => document.querySelector(`#lenses [role=tab][data-tab-id="${lens}"]`)?.textContent?.trim() ?? "";
/** @type {Json[]} */
const COLUMNS = ["stack", "layers", "block", "settings", "shape", { label: "parameters", digits: 0 }, "measured"];

/** @type {Make} */
export const architecture = (element, props, trigger, watch) => {
  const root = mountOf(element), read = reader();
  root.classList.add("architecture");
  root.innerHTML = HTML;
  const $ = name => root.querySelector(name), svg = $("svg"), table = tableView($(".twin"));
  let /** @type {Json} */ value = null, columns = [], words = {}, live = {}, boxes = [], chosen = "", width = 0;

  const layersOf = group => group.layers.length > 1 ? `${group.layers[0]} to ${group.layers.at(-1) + group.blocks.length - 1}` : group.layers.join("");
  const rows = () => columns.flatMap(column => column.groups.flatMap(group => group.blocks.flat().map(block =>
    [column.title, layersOf(group), block.label, block.note, block.shape, block.parameters * group.times, measured(live, block, group)])));
  const name = () => value?.step >= 0 ? `architecture-step-${value.step}` : "architecture";
  const asTable = pictureOrTable($("[data-s=as]"), root, () => draw());
  exportMenu($("[data-s=export]"), { picture: () => diagram(columns, live, Math.max(width, 360), ""), rows: () => [COLUMNS.map(c => c.label ?? c), ...rows()], name });

  const about = () => {
    const { block, group } = boxes.find(box => box.block.id === chosen) ?? boxes[0], [does, formula, source] = words[block.kind] ?? ["", "", null];
    const share = 100 * block.parameters * group.times / Math.max(1, value.parameters), found = measured(live, block, group);
    $(".about").hidden = false;
    setText($(".about .eyebrow"), group.layers.length ? `${group.layers.length > 1 ? "layers" : "layer"} ${layersOf(group)}` : "once");
    setText($(".about h2"), block.label);
    setText($(".set"), block.note);
    setText($(".does"), does);
    $(".formula").hidden = !formula;
    setText($(".formula code"), formula);
    const facts = [["leaves", block.shape], ["parameters", `${num(block.parameters)}${group.times > 1 ? ` × ${group.times}` : ""}, ${num(share, 2)} % of all`],
      ...found ? [["measured", `${found}, step ${num(value.step)}`]] : []];
    setHtml($(".about dl"), facts.map(([label, text]) => `<div><dt>${label}</dt><dd>${esc(text)}</dd></div>`).join(""));
    rich($(".source"), source ? `<a href="${esc(source[1])}">${esc(source[0])}</a>` : "");
    $("[data-k=lens]").hidden = !block.lens;
    setText($("[data-k=lens]"), `${titleOf(block.lens)} lens`);
    $("[data-k=settings]").dataset.do = `settings:${block.settings}`;
    $("[data-k=lens]").dataset.do = `lens:${block.lens}`;
  };
  const draw = () => {
    if (!value || !width) return;
    if (asTable()) return table.draw({ columns: COLUMNS, rows: rows(), name: name() });
    const ids = columns.flatMap(column => column.groups.flatMap(group => group.blocks.flat().map(block => block.id)));
    if (!ids.includes(chosen)) chosen = ids.find(id => id.endsWith(".attention")) ?? ids[0];
    const drawn = diagram(columns, live, width, chosen), had = svg.contains(document.activeElement);
    ({ boxes } = drawn);
    svg.setAttribute("viewBox", `0 0 ${drawn.w} ${drawn.h}`);
    Object.assign(svg.style, { width: `${drawn.w}px`, height: `${drawn.h}px` });
    setHtml(svg, drawn.markup);
    if (had) svg.querySelector(`[data-id="${chosen}"]`)?.focus({ preventScroll: true });
    about();
  };
  const choose = id => { chosen = id; draw(); svg.querySelector(`[data-id="${id}"]`)?.focus({ preventScroll: true }); };

  svg.addEventListener("click", event => { const block = event.target.closest(".block"); if (block) choose(block.dataset.id); });
  svg.addEventListener("keydown", event => {
    const at = boxes.findIndex(box => box.block.id === chosen), by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    const to = event.key === "Home" ? 0 : event.key === "End" ? boxes.length - 1 : by ? at + by : -1;
    if (!boxes[to]) return;
    event.preventDefault();
    event.stopPropagation();                           // the page's own arrows move the scrubber
    choose(boxes[to].block.id);
  });
  onDo($(".about"), action => trigger("do", { action }));
  new ResizeObserver(([entry]) => { width = Math.round(entry.contentRect.width); draw(); }).observe($(".pic"));

  mount(element, props, watch, nextFrame(next => {
    if (!next?.columns) return;
    value = next;
    columns = read("columns", next.columns);
    words = read("words", next.words);
    live = read("live", next.live);
    const finding = read("finding", next.finding);
    setText($("h1"), finding.title);
    rich($(".lens-head p"), finding.html);
    draw();
  }));
};
