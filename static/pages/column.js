/* The configuration column apart from its controls: presets, the architecture card with the cost of a choice, the
   note of what waits for a restart, and the line each closed accordion shows. */
import { say } from "../core/announce.js";
import { iconHtml } from "../core/icons.js";
import { mount, mountOf } from "../core/mount.js";
import { ask, offer } from "../core/offers.js";
import { esc, reader, setText } from "../core/text.js";
import { sheet } from "../controls/sheet.js";
/** @import { Make } from "../core/widget.js" */

/* ---- the parts ---- */
const chips = groups => groups.map(([title, presets]) => `<div class="eyebrow">${esc(title)}</div>
  <div class="chips" role="group" aria-label="${esc(title)}">
  ${presets.map(([id, label, hint]) =>
    `<button class="chip" data-preset="${esc(id)}" data-label="${esc(label)}" title="${esc(hint)}">${esc(label)}</button>`).join("")}
  </div>`).join("");

const figures = card => card.map(([label, old, now, unit, other]) => `<div><dt>${esc(label)}</dt>
  <dd>${esc(old)} <small>${esc(unit ?? "")}</small></dd>
  <dd class="to">${now ? `→ ${esc(now)}${other ? ` <small>${esc(other)}</small>` : ""}` : "&nbsp;"}</dd></div>`).join("");

const percent = share => `${Math.round(100 * share)} %`;
const partsText = parts => {
  const total = parts.reduce((sum, [, share]) => sum + share, 0) || 1;
  return parts.map(([name, share]) => `${name} ${percent(share / total)}`);
};

/** @type {Make} */
export const column = (element, props, trigger, watch) => {
  const root = mountOf(element), read = reader();
  root.innerHTML = `<div class="sheetbar"><b class="grow">Configure</b>
    <button class="b quiet icon" data-do="reset" aria-label="Reset the run to step 0">${iconHtml("reset")}</button>
    <button class="b quiet" data-do="done">Done</button></div>
    <div class="presets"></div>
    <div class="stuck"><section class="card" aria-label="Architecture card"><dl></dl><div class="parts"></div>
      <div class="parts-text"><span></span><span></span></div></section>
    <div class="pending"><div class="note" role="status" hidden><span></span><div class="row">
      <button class="b small" data-do="restart">Restart with it</button>
      <button class="b small" data-do="fork" title="A run of its own goes on with it from the step shown">Fork with it</button>
      <button class="b small quiet" data-do="undo">Undo</button></div></div><p class="blocked" hidden></p></div></div>`;
  const $ = selector => root.querySelector(selector);
  const was = {};
  let lines = {}, blocked = "";                        // what closed accordions say; why no restart is possible
  const changed = (name, text) => was[name] !== text && ((was[name] = text), true);

  const drawCard = value => {
    if (changed("card", value.card)) $(".card dl").innerHTML = figures(read("card", value.card) ?? []);
    if (!changed("parts", value.parts + value.parts_text)) return;
    const parts = read("parts", value.parts) ?? [], texts = partsText(parts);
    $(".parts").innerHTML = parts.map(([, share]) => `<i style="flex:${share}"></i>`).join("");
    const [left, right] = $(".parts-text").children;
    setText(left, value.parts_text || texts[0] || "");
    setText(right, value.parts_text ? "" : texts.slice(1).join(" · "));
  };
  const drawPending = value => {
    if (!changed("pending", `${value.n_pending} ${value.pending} ${value.blocked}`)) return;
    const n = value.n_pending || 0, note = $(".note"), restart = $("[data-do=restart]");
    blocked = n && value.blocked || "";
    note.hidden = !n;
    const subject = n === 1 ? "1 change needs" : `${n} changes need`;
    note.firstElementChild.innerHTML = `<b>${subject} a restart:</b> ${esc(value.pending)}`;
    setText(restart, n === 1 ? "Restart with it" : "Restart with them");
    setText($("[data-do=fork]"), n === 1 ? "Fork with it" : "Fork with them");
    $("[data-do=fork]").disabled = !!blocked;
    restart.disabled = !!blocked;
    restart.title = blocked;
    $(".blocked").hidden = !blocked;
    setText($(".blocked"), blocked);
  };
  /** What a closed accordion says is an attribute of its button, shown by css: Gradio's label is one plain text. */
  const writeLines = () => {
    for (const [name, line] of Object.entries(lines)) {
      const /** @type {HTMLElement | null} */ button = document.querySelector(`#acc-${CSS.escape(name)} > button`), text = [line].flat().join(" · ");
      document.querySelector(`#acc-${CSS.escape(name)}`)?.classList.toggle("useless", !text);
      if (button && button.dataset.line !== text) button.dataset.line = text;
    }
  };
  const drawLines = value => {
    lines = read("lines", value.lines) ?? {};
    writeLines();
  };
  const mark = preset => root.querySelectorAll(".chip").forEach(chip =>
    chip.setAttribute("aria-pressed", chip.dataset.preset === preset));
  const draw = value => {
    if (changed("groups", value.groups)) $(".presets").innerHTML = chips(read("groups", value.groups) ?? []);
    mark(value.preset);
    drawCard(value);
    drawPending(value);
    drawLines(value);
  };

  // The note must not push the control under the hand: the column scrolls by as much as the note grew.
  let /** @type {number | null} */ height = null;
  new ResizeObserver(([entry]) => {
    const column = root.closest(".pg-cfg"), now = entry.borderBoxSize[0].blockSize;
    if (height !== null && column?.contains(document.activeElement)) column.scrollTop += now - height;
    column?.style.setProperty("--stuck-h", `${$(".stuck").offsetHeight}px`);            // focus stops below the card
    height = now;
  }).observe($(".pending"));

  const actions = {
    restart: () => blocked ? say(blocked) : trigger("restart"),
    fork: () => trigger("fork"), undo: () => trigger("undo"), done: () => sheet.close(),
    reset: () => ask("reset run"),                  // the transport's; its button has no room on a phone
  };
  offer("restart", actions.restart);                // a control's own line offers it too
  root.addEventListener("click", event => {
    const chip = event.target.closest("[data-preset]"), button = event.target.closest("[data-do]");
    if (chip) {
      mark(chip.dataset.preset);                       // at once; the next value confirms it
      trigger("preset", { name: chip.dataset.preset });
    }
    if (button) actions[button.dataset.do]();
  });
  mount(element, props, watch, draw, { always: true });    // its wrappers have no box of their own
  // Accordions come into the document after this component, each when Gradio gets to it, and may be made anew.
  new MutationObserver(writeLines).observe(root.closest(".pg-cfg") ?? document.body, { childList: true, subtree: true });
};
