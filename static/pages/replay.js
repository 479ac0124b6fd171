/* The stored replay: what a first visitor sees move before anything is computed. It feeds the components' own draw
   functions, and stops at the first word from the server that a run exists. Value of its view: {on: whether to play it}. */
import { isOpening } from "../core/address.js";
import { drawView, showStills } from "../core/mount.js";
import { hear, values } from "../core/values.js";
/** @import { Json } from "../core/values.js" */

const RECORDING = new URL("../replay.json", import.meta.url);
const FRAME_MS = 130, REST_MS = 2500;

let on = false, timer = 0, /** @type {Json} */ tape = null, dismissed = false;
const stop = () => { on = false; showStills({}); clearTimeout(timer); };
/** The other lenses show the end of the recording, so while one of them is in sight the bar does too. */
const inSight = () => {
  const /** @type {HTMLElement | null} */ lens = document.querySelector("#lens-attention");
  return lens?.offsetParent;
};
const frame = next => {
  if (!on) return;
  const index = inSight() ? next : tape.frames.length - 1;
  for (const [name, changes] of Object.entries(tape.frames[index])) {
    const { note, link, ...moving } = { ...tape.base[name], ...changes, n: `replay ${index}` };
    drawView(name, moving);                           // what the server has said in the meantime stays
  }
  const last = index === tape.frames.length - 1;
  timer = setTimeout(frame, last && inSight() ? REST_MS : FRAME_MS, last ? 0 : index + 1);
};
const start = async () => {
  if (on || dismissed) return;
  on = true;
  try { tape ??= await (await fetch(RECORDING)).json(); } catch { on = false; return; }    // without it the first picture stands still
  if (!on) return;
  showStills(tape.stills);                           // lenses in tabs not yet opened take theirs when they mount
  frame(0);
};
export const stopReplay = () => { dismissed = true; stop(); };    // a press asked for a run: not one frame more
/** The press is answered, and there is no run: its two messages may have been laid as one. */
export const replayAgain = () => {
  dismissed = false;
  if (values.replay?.on) start();
};
hear("replay", value => {
  if (value?.on) return isOpening() || start();
  dismissed = false;                                    // the run is there; a later replay may play again
  stop();
});
