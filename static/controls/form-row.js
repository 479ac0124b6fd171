/* One row of a form: name, help, mark, value, reset, and the sentence beside it. */
import { iconHtml } from "../core/icons.js";
import { num } from "../core/numbers.js";
import { ask } from "../core/offers.js";
import { esc } from "../core/text.js";
import { inputs } from "./inputs.js";
/** @import { Drawn } from "../core/mount.js"
    @import { Json } from "../core/values.js" */

const EDIT_MS = 80;                                    // a drag sends at most this often; the release always sends
const SETTLE_MS = 500;                                 // after an edit, answers to earlier ones are not written back
let serial = 0;

/** A paper as a link: [text, address] or null. */
export const cite = paper => !paper ? "" :
  ` <a href="${esc(paper[1])}" target="_blank" rel="noopener">${esc(paper[0])}</a>`;
const help = ({ label, help: sentence, paper }, id) => !sentence && !paper ? "" : `
  <button type="button" class="q" aria-label="Help: ${esc(label)}" aria-describedby="${id}-help">
    ${iconHtml("help")}</button>
  <span class="tip" role="tooltip" id="${id}-help">${esc(sentence)}${cite(paper)}</span>`;

/** "Steps" in steps says it twice. */
const hasUnit = ({ unit, label }) => unit && unit.toLowerCase() !== label.toLowerCase();
const rowMarkup = (field, id) => `<div class="top"><label class="name" for="${id}">${esc(field.label)}${
  hasUnit(field) ? ` <span class="unit">${esc(field.unit)}</span>` : ""}</label>${help(field, id)}
  ${field.live ? '<span class="tag live">live</span>' : '<span class="tag restart">restart</span>'}
  <span class="val"><button type="button" class="rst" aria-label="Reset ${esc(field.label)}">
    ${iconHtml("reset")}</button></span></div>
  <div class="body"></div><div class="msg" id="${id}-msg" role="status"></div>`;

/** A value in words: options by their label, an empty optional by what "auto" means. */
const words = (field, value) => {
  if (value === null || value === undefined) return field.auto || "none";
  if (field.type === "bool") return value ? "on" : "off";
  if (field.type === "choice") return field.options.find(([each]) => each === value)?.[1] ?? value;
  return typeof value === "number" ? num(value, 8) : String(value.excerpt ?? value).slice(0, 40);
};

/** {node, draw(form value, marks), input, field}. `send(field, value, done)` reports an edit, `redraw()` asks for
    a draw. */
export const formRow = (field, send, redraw) => {
  const id = `f${++serial}`, /** @type {Drawn} */ node = document.createElement("div");
  node.className = `ctl ${field.type}`;
  node.dataset.id = id;
  node.dataset.field = field.name;
  node.innerHTML = rowMarkup(field, id);
  const message = node.querySelector(".msg"), reset = node.querySelector(".rst"), tip = node.querySelector(".q");
  let /** @type {Json} */ latest = null;
  let refusal = "", shown, mine = false, until = 0, unanswered = false, sent = 0, waiting = 0;

  node.refuse = sentence => { [refusal, mine] = [sentence, true]; redraw(); };
  const edit = (value, done) => {
    const wait = done ? 0 : sent + EDIT_MS - performance.now();
    refusal = "";
    [mine, unanswered, until] = [true, true, performance.now() + SETTLE_MS];
    clearTimeout(waiting);
    if (wait > 0) { waiting = setTimeout(() => edit(value, false), wait); return; }
    sent = performance.now();
    send(field, value, done);
    if (done) waiting = setTimeout(redraw, SETTLE_MS + 20);       // then the server's word counts again
  };
  const input = (inputs[field.type] || inputs.text)(field, node, edit);

  const say = (tone, sentence, value) => {
    const key = `${tone} ${sentence} ${tone === "pending" ? words(field, value) : ""}`;
    if (message.dataset.key === key) return;
    message.dataset.key = key;
    const icon = tone === "error" ? iconHtml("warn") : "";
    const button = `<button type="button" class="link">Restart with ${esc(words(field, value))}</button>`;
    message.innerHTML = !sentence ? "" : `${icon}<span>${esc(sentence)} ${tone === "pending" ? button : ""}</span>`;
    message.querySelector("button")?.addEventListener("click", () => ask("restart"));
  };
  const draw = (form, marks, fromServer) => {
    latest = form;
    if (fromServer) unanswered = false;
    input.limit?.(form.most?.[field.name]);
    const value = form.values?.[field.name] ?? null, standard = form.defaults?.[field.name] ?? null;
    let [tone, sentence] = refusal ? ["error", refusal] : marks[field.name] ?? ["", ""];
    if (tone === "pending" && !sentence) sentence = `Running with ${words(field, form.running?.[field.name])}.`;
    const held = input.busy() || mine && (unanswered || performance.now() < until);
    // A refused value stays in the box beside its reason, until the value itself changes.
    if (!held && !(tone === "error" && shown === value && mine)) { input.show(value); mine = false; }
    if (!held) shown = value;
    node.classList.toggle("changed", value !== standard && field.type !== "file");
    for (const each of ["error", "pending"]) node.classList.toggle(each, tone === each);
    node.classList.toggle("hot", tone === "changed");
    const target = node.querySelector("input, select, textarea, [role=switch], [role=radiogroup]");
    tone === "error" ? target?.setAttribute("aria-invalid", "true") : target?.removeAttribute("aria-invalid");
    sentence ? target?.setAttribute("aria-describedby", `${id}-msg`) : target?.removeAttribute("aria-describedby");
    reset.title = `Reset to ${words(field, standard)}`;
    say(tone, sentence, value);
  };
  reset.addEventListener("click", () => {
    const standard = latest?.defaults?.[field.name] ?? null;
    refusal = "";
    input.show(standard);
    edit(standard, true);
    node.querySelector("input, select, textarea, button:not(.q):not(.rst)")?.focus();   // the reset button goes away
  });
  // Above the row where there is no room below, so that the last help of the column can be read.
  const place = () => {
    const end = node.closest(".pg-cfg")?.getBoundingClientRect().bottom ?? innerHeight;
    node.classList.remove("tip-above");
    const { bottom } = tip.nextElementSibling.getBoundingClientRect();
    node.classList.toggle("tip-above", bottom > Math.min(end, innerHeight));
  };
  tip?.addEventListener("pointerenter", place);
  tip?.addEventListener("focus", place);
  // Esc takes the help away without moving the focus; it comes back with the next visit.
  tip?.addEventListener("keydown", event => {
    if (event.key !== "Escape" || node.classList.contains("untip")) return;
    node.classList.add("untip");
    event.preventDefault();
  });
  node.addEventListener("pointerleave", () => node.classList.remove("untip"));
  tip?.addEventListener("blur", () => node.classList.remove("untip"));
  return { node, draw, input, field };
};
