/* The row of tools above the attention pictures: which attention, which probe, what the colours mean, picture or table,
   export. */
import { rampOf } from "../core/colours.js";
import { num } from "../core/numbers.js";
import { setText } from "../core/text.js";
import { segmentedChoice } from "./choice.js";
import { exportMenu } from "./export.js";
import { pictureOrTable } from "./picture-or-table.js";
/** @import { Json } from "../core/values.js" */

const OWN = "own";                                                     // id of the visitor's own probe
/** What the colours of the weights mean. */
const legend = ({ signed, name, ticks, place }) => {
  const marks = ticks.map(weight => `<span style="left:${100 * place(weight)}%">${num(weight)}</span>`).join("");
  return `<span class="scale" role="img" aria-label="Colour scale from weight ${num(ticks[0])} to ${num(ticks.at(-1))}, ${
    name.replace(" scale", "")}; masked cells are grey"><span class="axt">weight, ${name}</span>
    <span class="ramp" style="background:${rampOf(signed ? "div" : "seq")}"></span><span class="ticks">${marks}</span></span>
  <span class="sw masked"></span><span class="axt">masked</span>`;
};
// The form of the visitor's own probe takes the legend's place while it is used, so that nothing moves.
const HTML = `<div class="tool"><span class="lab">Attention</span><b class="sole" hidden></b><div data-s="which"></div></div>
  <div class="tool"><span class="lab">Probe</span><div data-s="probe"></div></div>
  <div class="end"><div class="tool place"><div class="legend"></div>
    <form class="own" hidden><input aria-label="Your own probe" spellcheck="false" autocomplete="off" maxlength="128">
      <button class="b small">Look</button></form><p class="bad" role="alert" hidden></p></div>
  <div class="tool last"><div data-s="as"></div><div data-s="export"></div></div></div>`;

/** `on` has look(which), probe({ id } | { text }), what pictureOrTable takes (root, draw, ready) and what exportMenu
    does. */
export const lensTools = (host, on) => {
  host.innerHTML = HTML;
  const $ = name => host.querySelector(name), slot = name => $(`[data-s=${name}]`);
  const form = $(".own"), input = $(".own input"), bad = $(".bad"), sole = $(".sole");
  let /** @type {Json} */ frame = null, writing = false, shown = "";

  const probes = () => [...frame.probes, [OWN, "your own…"]];
  const showProbes = () => {
    slot("probe").parentElement.hidden = !frame.probes.length;         // the page itself has the text
    probe.draw(probes(), writing ? OWN : frame.probe);
    form.hidden = !writing;
    $(".legend").hidden = writing;
    bad.hidden = !writing || !frame.error;
  };
  /** A choice of one is no choice: its name as a word, with why there is no other. */
  const showStacks = () => {
    const there = frame.stacks.filter(([, , why]) => !why), one = there.length === 1;
    sole.hidden = slot("which").hidden = true;
    (one ? sole : slot("which")).hidden = false;
    setText(sole, one ? there[0][1] : "");
    sole.title = [...new Set(frame.stacks.map(([, , why]) => why).filter(Boolean))].join(" ");
    which.draw(frame.stacks, frame.which);
  };
  const which = segmentedChoice(slot("which"), "Which attention", id => { which.draw(frame.stacks, id); on.look(id); });
  const probe = segmentedChoice(slot("probe"), "Probe", id => {
    writing = id === OWN;
    showProbes();
    if (!writing) { probe.draw(probes(), id); return on.probe({ id }); }
    if (!input.value) input.value = frame.text;
    input.focus({ preventScroll: true });
    input.select();
  });
  form.addEventListener("submit", event => { event.preventDefault(); on.probe({ text: input.value }); });
  const stop = () => { writing = false; showProbes(); };
  // Done with it, unless a sentence says what to correct, or the visitor has only turned to another window.
  form.addEventListener("focusout", event => {
    const gone = !form.contains(event.relatedTarget) && document.hasFocus();
    if (gone && bad.hidden && !slot("probe").contains(event.relatedTarget)) stop();
  });
  form.addEventListener("keydown", event => {
    if (event.key !== "Escape") return;
    stop();
    slot("probe").querySelector("[tabindex='0']").focus({ preventScroll: true });
  });
  const asTable = pictureOrTable(slot("as"), on.root, on.draw, on.ready);
  exportMenu(slot("export"), on);

  return {
    draw(next) {
      const typing = next.probe === OWN && form.contains(document.activeElement);   // one's own may be written on
      if (frame && next.probe !== frame.probe && !typing) writing = false;
      if (next.error && next.error !== frame?.error) writing = true;     // its reason belongs beside the box
      frame = next;
      input.placeholder = frame.ask;
      const html = frame.scale ? legend(frame.scale) : "";
      if (html !== shown) $(".legend").innerHTML = shown = html;
      showStacks();
      showProbes();
      setText(bad, frame.error);
      input.toggleAttribute("aria-invalid", !!frame.error);
    },
    asTable,
  };
};
