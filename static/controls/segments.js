/* A choice of a few as segments: a radiogroup with one tab stop in which the arrows move (gr.Radio names each radio
   differently, so its arrows do nothing). */
import { esc } from "../core/text.js";

/** Fill `node`. options: [[value, label, why it cannot be chosen | ""]]. `pick(value)` is called for a new choice.
    Returns draw(value). */
export const segments = (node, options, label, pick) => {
  node.className = "seg";
  node.setAttribute("role", "radiogroup");
  node.setAttribute("aria-label", label);
  node.innerHTML = options.map(([, text, why], i) => {
    const refused = why ? ` aria-disabled="true" title="${esc(why)}"` : "";
    return `<button type="button" role="radio" data-i="${i}"${refused}>${esc(text)}</button>`;
  }).join("");
  const buttons = [...node.children];
  let chosen = -1;

  const draw = value => {
    chosen = options.findIndex(([each]) => each === value);
    buttons.forEach((button, i) => {
      button.setAttribute("aria-checked", i === chosen);
      button.tabIndex = i === Math.max(0, chosen) ? 0 : -1;
    });
  };
  const choose = i => {
    if (options[i][2] || i === chosen) return;
    draw(options[i][0]);
    pick(options[i][0]);
  };
  node.addEventListener("click", event => {
    const button = event.target.closest("[data-i]");
    if (button) choose(+button.dataset.i);
  });
  node.addEventListener("keydown", event => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    let next = buttons.indexOf(document.activeElement);
    do next = (next + step + options.length) % options.length; while (options[next][2]);
    buttons[next].focus();
    choose(next);
  });
  return draw;
};
