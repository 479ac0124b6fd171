/* The held picture: when what is drawn is older than what the bar says, because a model is being built or no answer
   comes, the last frame stays, dimmed, with its step and the reason. A page that opens a link draws only frames. */
import { isOpening } from "./address.js";
import { isSeen } from "./mount.js";
import { num } from "./numbers.js";
import { setText } from "./text.js";
/** @import { Value } from "./values.js" */

const PATIENCE_MS = 400;                               // what is quicker is not announced
const SILENCE_MS = 5000, SILENT = "The server has been silent for 5 s.";

/** @type {(() => boolean)[]} */
const cards = [];
let cut = "";
/** Hold the picture because of this sentence, whatever the bar says, until "" comes. Returns whether it is seen.
    @param {string} text */
export const cutOff = text => { cut = text; return cards.map(draw => draw()).some(Boolean); };

/** Returns a function to call with every value the bar draws: `held` says why the pictures are older, or is "".
    @param {HTMLElement} node */
export const holdPicture = node => {
  node.innerHTML = "<b></b> <span></span>";
  const [title, reason] = node.children;
  let pictured = "", /** @type {string | null} */ why = null, timer = 0, silence = 0, said = "";

  const draw = () => {
    const text = cut || said;
    document.body.classList.toggle("held", !!text);
    node.hidden = !text;
    setText(title, pictured && text ? `Showing ${pictured}.` : "");
    setText(reason, text);
    return !!text && isSeen(node);
  };
  cards.push(draw);
  const show = (/** @type {string} */ text) => { said = text; draw(); };
  const hold = (/** @type {string} */ text) => {
    if (text === why) return;
    clearTimeout(timer);
    why = text;
    if (text && node.hidden) timer = setTimeout(() => show(text), PATIENCE_MS); else show(text);
  };
  return (/** @type {Value} */ value) => {
    clearTimeout(silence);
    if (value.held) return hold(isOpening() ? "Building what the link says." : value.held);
    pictured = `step ${num(value.step)}${value.state === "replay" ? " of the stored run" : ""}`;
    hold("");
    if (value.state === "running") silence = setTimeout(() => show(why = SILENT), SILENCE_MS);
  };
};
