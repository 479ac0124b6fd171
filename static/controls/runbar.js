/* An experiment's bar: one button that runs or stops it, its progress in words and as a line, and chips for what takes part. */
import { iconHtml } from "../core/icons.js";
import { focusIn, mount, mountOf } from "../core/mount.js";
import { esc, reader, setHtml, setText } from "../core/text.js";
/** @import { Make } from "../core/widget.js" */

/** @type {Make} */
export const runbar = (element, props, trigger, watch) => {
  const root = mountOf(element), read = reader();
  root.innerHTML = `<div class="runbar"><button class="b primary"></button><span class="grow" role="status"></span>
    <i><b></b></i></div><div class="picks"></div>`;
  const button = root.querySelector("button"), words = root.querySelector("[role=status]"), line = root.querySelector("i"), host = root.lastChild;
  let running = false, was = "";
  const face = on => {
    running = on;
    const html = iconHtml(on ? "pause" : "play") + (on ? "Stop" : "Run");
    setHtml(button, html);
  };
  button.addEventListener("click", () => {
    face(!running);                                    // at once; the next value confirms it
    trigger(running ? "begin" : "halt");
  });
  const chips = ([field, label, options]) => `<div class="eyebrow">${esc(label)}</div><div class="chips" role="group" aria-label="${esc(label)}">
    ${options.map(([id, text, on]) => `<button class="chip" data-at="${esc(field)}" data-id="${esc(id)}" data-label="${esc(text)}"
      aria-pressed="${on}">${esc(text)}</button>`).join("")}</div>`;
  host.addEventListener("click", event => {
    const chip = event.target.closest("[data-id]");
    if (!chip) return;
    const { at } = chip.dataset;
    chip.setAttribute("aria-pressed", chip.ariaPressed !== "true");
    const chosen = [...host.querySelectorAll(`[data-at="${at}"]`)].filter(each => each.ariaPressed === "true");
    trigger("pick", { at, value: chosen.map(each => each.dataset.id) });
  });
  mount(element, props, watch, value => {
    face(value.state !== "idle");
    setText(words, value.words || "");
    words.classList.toggle("bad", value.tone === "error");
    line.hidden = !(value.done > 0 && value.done < 1);
    line.firstChild.style.width = `${100 * (value.done || 0)}%`;
    if (value.picks === was) return;
    was = value.picks;
    const had = focusIn(host)?.dataset.id ?? null;
    host.innerHTML = (read("picks", value.picks) ?? []).map(chips).join("");
    if (had) host.querySelector(`[data-id="${CSS.escape(had)}"]`)?.focus({ preventScroll: true });
  }, { always: true });
};
