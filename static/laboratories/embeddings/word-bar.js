/* The bar of the word2vec tab: one primary button, words read, words per second, losses, and what waits for a restart. */
import { say } from "../../core/announce.js";
import { iconHtml } from "../../core/icons.js";
import { onKey } from "../../core/keys.js";
import { isSeen, mount, mountOf } from "../../core/mount.js";
import { num } from "../../core/numbers.js";
import { offer } from "../../core/offers.js";
import { reader, setText } from "../../core/text.js";
import { sheet } from "../../controls/sheet.js";
/** @import { Press } from "../../core/bus.js"
    @import { Make } from "../../core/widget.js" */

const HOPE_MS = 5000;                                  // how long the button shows what was asked, not yet confirmed
const STATES = {                                       // state -> [icon, button, words under the count]
  ready: ["play", "Train", "words read · ready"], running: ["pause", "Pause", "words read · training"],
  paused: ["play", "Go on", "words read · paused"], finished: ["reset", "Train again", "words read · finished"],
  stopped: ["reset", "Train again", "words read · stopped"],
  refused: ["play", "Train", "nothing to read"],
};
const HTML = `<section class="wordbar" aria-label="word2vec">
  <div class="keys"><button class="b icon" data-do="reset" aria-label="Reset to 0 words (R)">${iconHtml("reset")}</button>
    <button class="b primary" data-do="toggle"></button></div>
  <div class="way" role="progressbar" aria-label="Words read" aria-valuemin="0" aria-valuemax="100"><i></i></div>
  <div class="stat now"><b data-words></b><span data-said></span></div>
  <div class="stat"><b data-rate></b><span data-paced></span></div>
  <div class="stat"><b data-left></b><span>loss skip-gram</span></div>
  <div class="stat"><b data-right></b><span>loss CBOW</span></div>
  <button class="b only-phone" data-do="sheet">Settings</button>
  <p class="bar-note" role="status" hidden></p>
  <p class="note bar-wait" hidden><span></span> <button class="b small" data-do="again">Restart with it</button></p></section>`;

/** @type {Make} */
export const wordbar = (element, props, trigger, watch) => {
  const root = mountOf(element), read = reader();
  root.innerHTML = HTML;
  const $ = name => root.querySelector(name), button = $("[data-do=toggle]");
  let /** @type {string | null} */ hope = null, /** @type {Press | null} */ asked = null;
  let /** @type {string | null} */ spoken = null;
  let value = { state: "ready", words: 0, total: 0, loss: "" }, hopeUntil = 0, shown = "";

  const drawButton = state => {
    if (shown === state) return;
    shown = state;
    const [icon, text] = STATES[state];
    button.innerHTML = `${iconHtml(icon)}<span>${text}</span>`;
    button.setAttribute("aria-label", `${text} (space)`);
    $(".wordbar").dataset.state = state;
  };
  const draw = next => {
    value = { ...value, ...next };
    if (hope !== null && (!asked || value.answers >= asked.n || performance.now() > hopeUntil)) hope = null;
    const state = hope ?? value.state, loss = read("loss", value.loss) ?? [], done = value.total ? value.words / value.total : 0;
    drawButton(state);
    setText($("[data-words]"), num(value.words));
    setText($("[data-said]"), `${value.total ? `of ${num(value.total)} ` : ""}${STATES[state][2]}`);
    $(".now").title = value.epochs ? `The text is read ${value.epochs} times.` : "";
    setText($("[data-rate]"), value.rate ? num(value.rate) : "–");
    setText($("[data-paced]"), value.rate && value.paced ? "words/s, paced" : "words/s");
    loss.concat([null, null]).slice(0, 2).forEach((each, i) =>
      setText($(i ? "[data-right]" : "[data-left]"), each === null ? "–" : each.toFixed(2)));
    $(".way i").style.width = `${100 * done}%`;
    $(".way").setAttribute("aria-valuenow", Math.round(100 * done));
    setText($(".bar-note"), value.note || "");
    $(".bar-note").hidden = !value.note;
    setText($(".bar-wait span"), `The run goes on without: ${value.pending}.`);
    $(".bar-wait").hidden = !value.pending;
    if (spoken !== null && spoken !== value.state) say(`${STATES[value.state][2]}: ${num(value.words)}`);
    spoken = value.state;
  };
  const press = (event, /** @type {string | null} */ wanted = null) => {
    hope = wanted;
    hopeUntil = performance.now() + HOPE_MS;
    asked = trigger(event);
    draw({});
  };
  const actions = {
    toggle() {
      const on = (hope ?? value.state) === "running";
      press(on ? "pause" : "play", on ? "paused" : "running");
    },
    reset: () => press("reset"), again: () => press("again", "running"), sheet: () => sheet.open(),
  };
  root.addEventListener("click", event => {
    const pressed = event.target.closest("[data-do]");
    if (pressed) { event.stopPropagation(); actions[pressed.dataset.do](); }
  });
  onKey(root, " ", actions.toggle);
  onKey(root, "r", actions.reset);
  offer("restart", () => isSeen(root) ? actions.again() : false);    // a control's own line offers it on each page
  mount(element, props, watch, draw, { always: true });
  draw({});
  trigger("open", {});
};
