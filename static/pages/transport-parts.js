/* What the transport is made of: its states in words, its markup, and the strip under it. */
import { iconHtml } from "../core/icons.js";
import { num } from "../core/numbers.js";
import { esc } from "../core/text.js";

// state -> [icon, words on the button, words under the step where the value has none]
export const runStates = {
  replay: ["play", () => "Train it now", "step of a stored run"],
  ready: ["play", () => "Play", "step · ready"],
  running: ["pause", () => "Pause", "step · running"],
  paused: ["play", () => "Play", "step · paused"],
  past: ["play", () => "Play", "step · past"],
  diverged: ["play", () => "Play", "step · diverged"],
  finished: ["play", value => `Continue for ${num(value.more || value.total)}`, "step · finished"],
};

export const transportMarkup = () => `<section class="tp" aria-label="Run">
  <div class="keys">
    <button class="b icon hide-phone" data-do="reset" aria-label="Reset to step 0 (R)">
      ${iconHtml("reset")}</button>
    <button class="b icon" data-do="step" aria-label="One step (.)">${iconHtml("step")}</button>
    <button class="b primary" data-do="toggle"></button>
    <button class="b fork" data-do="fork" aria-label="Fork (F)" title="Go on from the step shown in a run of its own; this one goes to the shelf">
      ${iconHtml("fork")}<span>Fork</span></button>
    <button class="b icon rewind" data-do="rewind" aria-pressed="false" aria-label="Play the history (Shift Space)" title="Play the history">
      ${iconHtml("rewind")}</button>
    <span class="tag replay" hidden>replay</span><button class="b small newest" data-do="newest" hidden></button>
  </div>
  <div class="scrub" role="slider" tabindex="0" aria-label="Step shown"></div>
  <div class="readout">
    <div class="stat now"><b data-step></b><span data-words></span></div>
    <div class="stat"><b data-rate></b><span>tokens/s</span></div>
    <div class="stat"><b data-device></b><span data-threads></span></div>
  </div>
  <p class="reason" hidden></p>
  <div class="spark" role="img"><svg viewBox="0 0 132 40" aria-hidden="true"></svg>
    <div class="stat"><b data-loss></b><span data-loss-label></span></div></div>
  <div class="share">
    <button class="b hide-phone" data-do="share" aria-haspopup="dialog">${iconHtml("share")}Share</button>
    <button class="b only-phone" data-do="sheet" aria-controls="cfg">Configure</button></div>
  <div class="banner" role="status" hidden></div><p class="hold" role="status" hidden></p></section>`;

/** Fill the strip under the bar: {tone, title, text, actions: [[event, label]]}, or nothing. */
export const banner = (node, note) => {
  node.hidden = !note;
  node.className = `banner ${note?.tone ?? ""}`;
  const actions = (note?.actions ?? []).map(([event, label], i) =>
    `<button class="b small${i ? " quiet" : ""}" data-event="${esc(event)}">${esc(label)}</button>`).join("");
  node.innerHTML = !note ? "" : `${note.tone === "error" ? iconHtml("warn") : ""}<div class="grow">
    ${note.title ? `<b>${esc(note.title)}</b> ` : ""}<span>${esc(note.text)}</span></div>
    <div class="row">${actions}${note.tone === "info"
      ? `<button class="b small quiet" data-event="dismiss" aria-label="Dismiss">${iconHtml("close")}</button>` : ""}</div>`;
};
