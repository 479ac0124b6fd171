/* The attention lens: finding, tools, token strip, all heads, one head large. Holds the selection and passes frames on.
   A frame is drawn in the next animation frame; of several that arrive before it, only the newest is decoded and drawn. */
import { onKey } from "../../core/keys.js";
import { mount, mountOf, nextFrame } from "../../core/mount.js";
import { onDo, onVerb } from "../../core/rich.js";
import { offerSlot } from "../../core/slots.js";
import { reader } from "../../core/text.js";
import { lensTools } from "../../controls/lens-tools.js";
import { headChoice } from "../../charts/head-choice.js";
import { lensWords } from "../../charts/head-words.js";
import { weightStrip } from "../../charts/token-strip.js";
import { mapName, mapPicture, mapRows } from "../../charts/weight-map-file.js";
import { weightMap } from "../../charts/weight-map.js";
import { largestKeys, weights } from "../../charts/weights.js";
import { headTable, rowTable } from "./attention-tables.js";
import { headMosaic } from "./mosaic.js";
import { pinnedHead } from "./pinned-head.js";
import { rowbars } from "./row-bars.js";
/** @import { Json } from "../../core/values.js"
    @import { Frame } from "../../charts/weights.js"
    @import { Chosen } from "./row-bars.js"
    @import { Make } from "../../core/widget.js" */

const HTML = `<div class="lens-head"><div><h1></h1><p></p></div></div><div class="tools"></div><div class="strip"></div>
  <div class="g2">
    <section class="col-all" aria-label="All heads">
      <div class="pt"><h2>All heads</h2><span data-t="shape"></span></div>
      <div class="pic mosaic-box"><div class="mosaic" role="group" aria-label="All heads; arrows move"></div></div>
      <div class="twin" data-t="heads"></div><div class="slot"></div>
    </section>
    <section class="col-map">
      <div class="pt name"><h2></h2><span class="tag plain"></span><span class="grow"></span>
        <button class="b small quiet" data-k="pin" aria-pressed="false">Pin</button>
        <button class="b small" data-k="ablate">Ablate this head <kbd>A</kbd></button></div>
      <div class="pic mapbox"></div><div class="twin" data-t="rows"></div>
      <div class="find" role="status" hidden><div class="grow"><b></b><p class="muted"></p></div>
        <button class="b small quiet" data-k="restore">Restore</button></div>
      <div class="pinned pic" hidden></div>
    </section>
  </div>`;
const BUSY_MS = 5000;                                  // the same result again changes nothing in the value: stop waiting

/** @type {Make} */
export const attention = (element, props, trigger, watch) => {
  const root = mountOf(element);
  root.classList.add("attention");
  root.innerHTML = HTML;
  const $ = name => root.querySelector(name), read = weights(), parse = reader();
  const choice = headChoice();
  /** @type {{layer: number, head: number, query: number | null, key: number | null}} */
  const chosen = Object.assign(choice.chosen, { query: null, key: null });
  let /** @type {number | null} */ fixed = null;       // a key the visitor chose; else the largest of the row
  let /** @type {Frame | null} */ frame = null;        // drawn
  let axes = "";                                       // tokens seen last
  let /** @type {[number, number] | null} */ pin = null, waiting = 0;

  /* ---- what the visitor does ---- */
  const choose = (layer, head) => {
    if (!frame || layer >= frame.layers || head >= frame.heads) return;
    choice.choose(layer, head);
    show(false);                                       // at once, from the 8-bit frame; the 16-bit one follows
    trigger("select", { layer, head });
  };
  const point = (query, key) => { chosen.query = query; fixed = key; show(false); };
  const busy = yes => {
    clearTimeout(waiting);
    if (yes) waiting = setTimeout(busy, BUSY_MS);
    $("[data-k=ablate]").toggleAttribute("data-busy", !!yes);
  };
  const ablate = (layer = chosen.layer, head = chosen.head) => {
    if (!frame) return;
    busy(true);
    if (frame.ablation?.layer === layer && frame.ablation.head === head) return trigger("restore", {});
    trigger("ablate", { layer, head });
  };
  const isPinned = () => !!pin && pin[0] === chosen.layer && pin[1] === chosen.head;
  const setPin = to => { pin = to; show(false); };
  const of = make => () => frame && make(frame, chosen);

  /* ---- parts ---- */
  const tools = lensTools($(".tools"), {
    look: which => trigger("look", { which }), probe: what => trigger("probe", what), root, draw: () => show(true), ready: () => frame,
    picture: of(mapPicture), rows: of(mapRows), name: of(mapName),
  });
  const words = lensWords(root);
  const strip = weightStrip($(".strip"), i => frame?.self ? point(i, null) : point(chosen.query, i));
  const mosaic = headMosaic($(".mosaic"), { choose, ablate });
  const map = weightMap($(".mapbox"), { choose: point });
  const bars = rowbars(map.under, map);
  const beside = pinnedHead($(".pinned"), { unpin: () => setPin(null), choose: () => pin && choose(...pin) });
  const heads = headTable($("[data-t=heads]")), rows = rowTable($("[data-t=rows]"));
  offerSlot(props.view, $(".slot"));

  /* ---- drawing ---- */
  const adopt = (/** @type {Frame} */ frame) => {
    choice.adopt(frame);
    if (pin && (pin[0] >= frame.layers || pin[1] >= frame.heads)) pin = null;
    if (axes === frame.axes) return;
    axes = frame.axes;                                 // another probe: the row of the old one means nothing here
    chosen.query = fixed = null;
  };
  /** Fill in the row, two thirds down at first, and the key. */
  const settle = (/** @type {Frame} */ { row, T, S }) => {
    const query = chosen.query = Math.min(chosen.query ?? Math.round(0.7 * (T - 1)), T - 1);
    const largest = largestKeys(row(chosen.layer, chosen.head, query))[0];
    chosen.key = fixed !== null && fixed < S ? fixed : largest ?? Math.min(query, S - 1);
  };
  /** Draw the frame there is; `repaint` false when only the selection moved. */
  const show = repaint => {
    if (!frame) return;
    settle(frame);
    words.draw(frame, chosen, isPinned());
    strip.draw(frame, chosen);
    if (tools.asTable()) { heads.draw(frame); rows.draw(frame, chosen); return; }
    mosaic.draw(frame, chosen, repaint);
    map.draw(frame, chosen);
    bars.draw(frame, /** @type {Chosen} */ (chosen));  // settled above
    beside.draw(frame, pin, chosen);
  };
  const update = value => {
    const none = parse("empty", value.empty) ?? (value.layers ? null : parse("finding", value.finding) ?? {});
    root.classList.toggle("none", !!none);
    if (none) { frame = null; return words.finding(none); }   // no attention in this model: the finding says so
    const next = read(value);
    if (!next) return;
    if (next.ablation !== frame?.ablation) busy(false);
    frame = next;
    root.classList.add("ready");
    adopt(frame);
    root.classList.toggle("signed", !!frame.scale.signed);
    tools.draw(frame);
    show(true);
  };

  /* ---- events ---- */
  const act = {
    pin: () => setPin(isPinned() ? null : [chosen.layer, chosen.head]),
    ablate: () => ablate(), restore: () => trigger("restore", {}),
  };
  root.addEventListener("click", event => act[event.target.closest("[data-k]")?.dataset.k]?.());
  onVerb("head", rest => { choose(...rest.split(",").map(Number)); return !!frame; }, root);
  onVerb("row", rest => { if (frame) point(Math.min(Number(rest), frame.T - 1), null); return !!frame; }, root);
  onDo($(".lens-head"), action => trigger("do", { action }));
  onKey(root, "a", () => frame ? ablate() : false);

  mount(element, props, watch, nextFrame(update));
};
