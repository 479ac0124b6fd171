/* The history played back: one kept picture after the other, each asked for when the one before has been drawn. */
/** @import { Press } from "../core/bus.js" */
const STEP_MS = 120;

/** `next()` asks for the following picture and returns that press, with its number `n`. Returns {toggle, stop, draw(value)}. */
export const historyPlayback = (button, next) => {
  let on = false, /** @type {Press | null} */ asked = null, at = 0, timer = 0;
  const ask = () => { at = performance.now(); asked = next(); };
  const turn = now => {
    on = now;
    clearTimeout(timer);
    timer = 0;
    button.setAttribute("aria-pressed", on);
  };
  return {
    toggle() { turn(!on); if (on) ask(); },
    stop() { if (on) turn(false); },
    draw(value) {
      if (!on || timer || asked && value.answers < asked.n) return;
      if (value.state !== "past") return turn(false);  // the newest step is the end
      timer = setTimeout(() => { timer = 0; ask(); }, Math.max(0, at + STEP_MS - performance.now()));
    },
  };
};
