/* The Experts lens: finding, tools, load or devices or paths or costs, measures, tokens, sums, tables. Draws only the
   newest frame, in the next animation frame. */
import { onKey } from "../../core/keys.js";
import { mount, mountOf, nextFrame } from "../../core/mount.js";
import { onDo, rich } from "../../core/rich.js";
import { offerSlot } from "../../core/slots.js";
import { reader, setText } from "../../core/text.js";
import { segmentedChoice } from "../../controls/choice.js";
import { exportMenu } from "../../controls/export.js";
import { pictureOrTable } from "../../controls/picture-or-table.js";
import { tableView } from "../../charts/table.js";
import { expertsFile, loadPicture } from "./expert-load-file.js";
import { expertLoad } from "./expert-load.js";
import { expertTables } from "./expert-tables.js";
import { expertLines, expertProbs } from "./expert-tokens.js";
/** @import { Json } from "../../core/values.js"
    @import { Make } from "../../core/widget.js" */

const HTML = `<div class="lens-head"><div><h1></h1><p></p></div></div>
  <div class="tools"><div class="tool"><span class="lab">Layer</span><div data-s="layer"></div></div>
    <div class="tool"><span class="lab">Measured on</span><div data-s="on"></div></div>
    <div class="tool"><span class="lab">Show</span><div data-s="show"></div></div>
    <div class="end"><span class="axt typed" hidden>Type a probe of your own in the <a data-do="lens:attention" role="button" tabindex="0">Attention lens</a>.</span>
      <span class="grow"></span><div class="tool last"><div data-s="as"></div><div data-s="export"></div></div></div></div>
  <div class="all">
    <section data-show="load" class="pic" aria-label="Load per expert"></section>
    <section data-show="devices" class="pic" aria-label="Load per device"></section>
    <section data-show="paths" class="pic" aria-label="Expert paths across layers"><div class="slot paths"></div></section>
    <section data-show="ablate" class="pic" aria-label="Loss increase without each expert"></section>
    <div class="twin"></div>
    <div class="find" role="status" hidden><div class="grow"><b></b><p class="muted"></p></div>
      <button class="b small quiet" data-k="restore">Restore</button></div>
    <dl class="meas"></dl>
    <div class="g2">
      <div>
        <section aria-label="Token-to-expert assignment"><div class="pt"><h2>Token-to-expert assignment</h2>
          <span>struck out: no slot · ½: one of its slots</span></div><div class="toks"></div><div class="probs"></div></section>
        <section aria-label="Specialisation"><div class="pt"><h2>Specialisation</h2><span class="by"></span></div><div class="special"></div></section>
      </div>
      <div>
        <section aria-label="The arithmetic"><div class="pt"><h2>The arithmetic, with this step’s numbers</h2></div>
          <div class="card eq"></div><p class="axt fine">Blue numbers are live settings. f: share of all choices, counted before drops.
          P: mean router probability.</p></section>
        <section><div class="slot told"></div></section>
      </div>
    </div></div>`;
const ON = [["batch", "training batch"], ["probe", "probe"]];

/** @type {Make} */
export const experts = (element, props, trigger, watch) => {
  const root = mountOf(element), parse = reader();
  root.classList.add("experts");
  root.innerHTML = HTML;
  const $ = name => root.querySelector(name), part = name => $(`[data-show=${name}]`), slot = name => $(`[data-s=${name}]`);
  let /** @type {Json} */ latest = null;
  let /** @type {number | null} */ chosen = null;      // expert pressed here

  /* ---- what the visitor does ---- */
  const see = change => trigger("see", change);
  const select = expert => { chosen = expert; see({ expert }); draw(); };
  const ablate = expert => { $(".find").dataset.busy = ""; trigger("remove", { expert }); };

  /* ---- parts ---- */
  const layer = segmentedChoice(slot("layer"), "Layer", id => see({ layer: +id }));
  const on = segmentedChoice(slot("on"), "Measured on", id => see({ on: id }));
  const show = segmentedChoice(slot("show"), "Show", id => see({ show: id }));
  const asTable = pictureOrTable(slot("as"), root, () => draw(), () => latest);
  const load = expertLoad(part("load"), { select, ablate: () => ablate(expertNow()), force: () => trigger("force", { expert: expertNow() }) });
  const lines = expertLines($(".toks"), { line: i => see({ line: i }), select });
  const probs = expertProbs($(".probs")), tables = expertTables(root, { costs: () => trigger("price", {}), select });
  const twin = tableView($(".twin"));
  exportMenu(slot("export"), { name: () => expertsFile(latest), picture: () => latest && loadPicture(latest), rows: () => latest && [TABLE, ...rows()] });
  offerSlot(`${props.view}-paths`, $(".slot.paths"));
  offerSlot(`${props.view}-told`, $(".told"));

  /* ---- drawing ---- */
  const expertNow = () => chosen ?? latest?.expert ?? 0;
  const TABLE = ["expert", "asked for", "taken", "dropped", "share f", "probability P"];
  const rows = () => latest.load.demand.map((asked, e) => {
    const took = latest.load.load[e], all = latest.load.demand.reduce((a, b) => a + b, 0) || 1;
    return [`E${e}`, asked, took, asked - took, +(asked / all).toFixed(4), latest.load.probs[e]];
  });
  const draw = () => {
    if (!latest) return;
    const frame = { ...latest, expert: Math.min(expertNow(), latest.experts - 1) };
    for (const [id] of frame.shows) part(id).hidden = frame.show !== id;
    layer.draw(frame.names.map((name, i) => [i, name.replace(/^L/, "")]), frame.layer);
    on.draw(ON, frame.on);
    $(".typed").hidden = frame.on !== "probe";
    show.draw(frame.shows, frame.show);
    if (asTable()) twin.draw({ name: "experts", title: "Experts", columns: TABLE, rows: rows() });
    else if (frame.show === "load") load.draw(frame);
    tables.draw(frame);
    lines.draw(frame);
    probs.draw(frame);
  };
  const words = finding => { setText($("h1"), finding?.title || ""); rich($(".lens-head p"), finding?.html || ""); };
  const /** @type {{(text: string): void, shown?: string}} */ result = text => {
    const found = text ? JSON.parse(text) : null;
    delete $(".find").dataset.busy;
    $(".find").hidden = !found;
    if (found) { setText($(".find b"), found.title); rich($(".find p"), found.text); }
  };
  const update = value => {
    const empty = parse("empty", value.empty);
    root.classList.toggle("none", !!empty);
    if (empty) { latest = null; return words(empty); }
    if (!value.load) return;
    const read = name => parse(name, value[name]);
    if (latest && latest.expert !== value.expert) chosen = null;
    latest = { ...value, names: read("names"), shows: read("shows"), load: read("load"), heat: read("heat"), marks: read("marks"),
      measures: read("measures"), lines: read("lines"), sums: read("sums"), probs: read("probs"), special: read("special"),
      devices: read("devices"), costs: read("costs") };
    root.classList.add("ready");
    words(read("finding"));
    for (const waiting of root.querySelectorAll("[data-busy]")) delete waiting.dataset.busy;   // this answers it
    if (result.shown !== value.ablation) result(result.shown = value.ablation);
    draw();
  };

  /* ---- events ---- */
  $("[data-k=restore]").addEventListener("click", () => trigger("restore", {}));
  for (const words of [$(".lens-head"), $(".typed")]) onDo(words, action => trigger("do", { action }));
  onKey(root, "a", () => latest ? ablate(expertNow()) : false);
  mount(element, props, watch, nextFrame(update));
};
