/* Tokens as cells, with what the model thought at each: hover or focus shows the five likeliest. */
import { colourTable, cssColour, inkOn } from "../../core/colours.js";
import { esc } from "../../core/text.js";
import { glyphOf } from "../../core/tokens.js";
import { cardBeside } from "../../charts/card.js";
import { byteOf } from "../../charts/weights.js";

/** One token. Right and wrong differ by mark as well as by colour: wrong is underlined and shows the target token. */
export const tokenCell = (cell, i) => {
  const scored = cell.role !== "prompt", wrong = scored && cell.right === false;
  const judged = !scored ? "" : wrong ? ` ${glyphOf(cell.want)}, wrong, target ${glyphOf(cell.want)}` : cell.right ? ", right" : "";
  const tag = cell.top?.length ? "button" : "span", look = wrong ? " wrong" : cell.right ? " right" : "";
  const said = tag === "button" ? ` type="button" aria-label="${esc(glyphOf(cell.t) + judged)}"` : "";
  const want = wrong ? `<span class="want" aria-hidden="true">${esc(glyphOf(cell.want))}</span>` : "";
  return `<${tag} class="tk ${esc(cell.role)}${look}" data-i="${i}"${said}>
    <span class="t">${esc(glyphOf(cell.t))}</span> ${want}</${tag}>`;
};

/** A token the model made, coloured by its probability on the square-root scale. */
export const madeCell = (cell, i) => {
  const colour = colourTable()[byteOf(cell.p)], token = esc(glyphOf(cell.t));
  return `<button type="button" class="tk made" data-i="${i}" aria-label="${token}, probability ${cell.p.toFixed(2)}">
    <span class="t" style="background:${cssColour(colour)};color:${inkOn(colour)}">${token}</span></button>`;
};

const likeliest = cell => {
  const bars = cell.top.map(([token, p]) => {
    const hit = token === cell.want || cell.right && token === cell.t;
    return `<span class="p"><b class="mono${hit ? " hit" : ""}">${esc(glyphOf(token))}</b>
      <i><i style="width:${(100 * p).toFixed(1)}%"></i></i><span>${p >= 0.095 ? p.toFixed(2) : p.toFixed(3)}</span></span>`;
  });
  return `<span class="muted">${cell.role === "prompt" ? "next here" : "predicted here"}</span>${bars.join("")}`;
};

/** One card for all cells inside `root`, below or above the cell; Esc dismisses it. `find(node)` -> the node's cell. */
export const tokenCards = (root, find) => {
  const tip = root.appendChild(Object.assign(document.createElement("div"), { className: "hover-card probs", hidden: true }));
  const show = event => {
    const node = event.target.closest?.("button.tk"), cell = node && find(node);
    if (!cell?.top?.length) return;
    tip.innerHTML = likeliest(cell);
    tip.hidden = false;
    cardBeside(tip, node, root);
  };
  const hide = () => { tip.hidden = true; };
  root.addEventListener("pointerover", show);
  root.addEventListener("focusin", show);
  root.addEventListener("pointerout", event => { if (event.target.closest("button.tk")) hide(); });
  root.addEventListener("focusout", hide);
  root.addEventListener("keydown", event => { if (event.key === "Escape") hide(); });
};
