/* What the heads do with distance: finding, tools, every head small, one head large: its weights, its scores and its
   rotary pairs over one axis of distances. Draws only the newest frame, in the next animation frame. */
import { onKey } from "../../core/keys.js";
import { mount, mountOf, nextFrame } from "../../core/mount.js";
import { stepText } from "../../core/numbers.js";
import { doVerb, onDo, rich } from "../../core/rich.js";
import { setText } from "../../core/text.js";
import { lensTools } from "../../controls/lens-tools.js";
import { headChoice } from "../../charts/head-choice.js";
import { ablateButton } from "../../charts/head-words.js";
import { drawMeasures } from "../../charts/measures.js";
import { distanceCharts } from "./distance-charts.js";
import { distanceFrames } from "./distance-frame.js";
import { distanceHeads } from "./distance-heads.js";
import { distanceRows, distancesName, distancesPicture, distanceTables } from "./distance-tables.js";
/** @import { Json } from "../../core/values.js"
    @import { Make } from "../../core/widget.js" */

const HTML = `<div class="lens-head"><div><h1></h1><p></p></div></div><div class="tools"></div>
  <p class="soft across" hidden></p>
  <div class="all"><div class="g2">
    <section aria-label="All heads"><div class="pt"><h2>All heads</h2><span class="shape"></span></div>
      <div class="pic"><div class="reaches" role="group" aria-label="All heads; arrows move"></div></div>
      <div class="twin" data-t="heads"></div><dl class="meas"></dl></section>
    <section class="one"><div class="pt name"><h2></h2><span class="tag plain"></span><span class="grow"></span>
        <button class="b small" data-k="ablate">Ablate this head <kbd>A</kbd></button></div>
      <div class="pic distances"></div><div class="twin" data-t="rows"></div>
      <p class="axt scheme"></p>
      <div class="find" role="status" hidden><div class="grow"><b></b><p class="muted"></p></div>
        <button class="b small quiet" data-k="restore">Restore</button></div></section></div></div>`;
const BUSY_MS = 5000;                                  // the same result again changes nothing in the value: stop waiting

/** @type {Make} */
export const positions = (element, props, trigger, watch) => {
  const root = mountOf(element), read = distanceFrames();
  root.classList.add("positions");
  root.innerHTML = HTML;
  const $ = name => root.querySelector(name);
  const choice = headChoice(), { chosen } = choice;
  let /** @type {Json} */ frame = null, waiting = 0;

  /* ---- what the visitor does ---- */
  const choose = (layer, head) => {
    if (!frame?.layers || layer >= frame.layers || head >= frame.heads) return;
    choice.choose(layer, head);
    show();                                            // weights at once; scores and pairs follow
    trigger("select", { layer, head });
  };
  const busy = yes => {
    clearTimeout(waiting);
    if (yes) waiting = setTimeout(busy, BUSY_MS);
    $("[data-k=ablate]").toggleAttribute("data-busy", !!yes);
  };
  const ablate = (layer = chosen.layer, head = chosen.head) => {
    busy(true);
    const { ablation } = frame ?? {};
    if (ablation?.layer === layer && ablation.head === head) return trigger("restore", {});
    trigger("ablate", { layer, head });
  };
  const of = make => () => frame?.layers && make(frame, chosen);

  /* ---- parts ---- */
  const tools = lensTools($(".tools"), {
    look: which => trigger("look", { which }), probe: what => trigger("probe", what), root, draw: () => show(), ready: () => frame?.layers,
    picture: of(distancesPicture), rows: of(distanceRows), name: of(distancesName),
  });
  const toPlayground = () => doVerb("lens", "positions");
  if (props.opens) {
    const open = Object.assign(document.createElement("button"), { className: "b small quiet", textContent: "Open in Playground" });
    open.addEventListener("click", toPlayground);
    $(".tools .last").prepend(open);
  }
  const heads = distanceHeads($(".reaches"), { choose, ablate }), charts = distanceCharts($(".distances"));
  const tables = distanceTables($("[data-t=heads]"), $("[data-t=rows]"));

  /* ---- drawing ---- */
  const words = found => { setText($("h1"), found?.title || ""); rich($(".lens-head p"), found?.html || ""); };
  const show = () => {
    if (!frame?.layers) return;
    const { layer, head } = chosen, mine = layer === frame.layer && head === frame.head, [does] = frame.info[layer * frame.heads + head];
    setText($(".shape"), `mean weight by distance, ${stepText(frame.step)}, ${frame.examples} example${frame.examples === 1 ? "" : "s"}`);
    setText($(".name h2"), `L${layer} H${head}`);
    setText($(".name .tag"), does);
    $(".meas").toggleAttribute("data-busy", !mine);
    rich($(".scheme"), frame.why || frame.note);
    $(".find").hidden = !frame.ablation;
    ablateButton($("[data-k=ablate]"), frame.ablation, layer, head);
    if (frame.ablation) { setText($(".find b"), frame.ablation.title); setText($(".find p"), frame.ablation.text); }
    if (mine) drawMeasures($(".meas"), frame.measures);
    if (tools.asTable()) return tables.draw(frame, chosen);
    heads.draw(frame, chosen);
    charts.draw(frame, chosen);
  };
  const update = value => {
    const empty = value.empty ? JSON.parse(value.empty) : null;
    root.classList.toggle("none", !!empty);
    if (empty) { frame = null; return words(empty); }
    const next = read(value);
    if (JSON.stringify(next.ablation) !== JSON.stringify(frame?.ablation)) busy(false);
    frame = next;
    root.classList.add("ready");
    root.classList.toggle("no-distance", !frame.layers);
    words(frame.finding);
    tools.draw(frame);
    if (!frame.layers) return;
    choice.adopt(frame);
    show();
  };

  /* ---- events ---- */
  const act = { ablate: () => ablate(), restore: () => trigger("restore", {}) };
  root.addEventListener("click", event => act[event.target.closest("[data-k]")?.dataset.k]?.());
  const link = action => {
    const [verb, rest] = action.split(":");
    if (verb === "at") return choose(...rest.split(",").map(Number));
    if (!props.opens) return trigger("do", { action });
    toPlayground();                                    // what trains is there
    const /** @type {HTMLElement | null} */ play = document.querySelector("#tp [data-do=toggle]");
    play?.click();
  };
  onDo($(".lens-head"), link);
  onDo($(".scheme"), link);
  onKey(root, "a", () => frame?.layers ? ablate() : false);
  mount(element, props, watch, nextFrame(update));
};
