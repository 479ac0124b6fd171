/* Text for html, and the texts of values. */
/** @import { Json } from "./values.js" */

/** @type {Record<string, string>} */
const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
/** @param {unknown} text */
export const esc = text => String(text ?? "").replace(/[&<>"']/g, c => ENTITIES[c]);

/** Write text only when it differs: a selection in an unchanged node, or a screen reader on it, is not disturbed.
    @type {(node: Node, text: unknown) => void} */
export const setText = (node, text) => {
  const words = String(text ?? "");
  if (node.textContent !== words) node.textContent = words;
};

/** The same for html that nothing else writes into the node.
    @typedef {Element & {shown?: string}} Shown
    @type {(node: Shown, html: string) => void} */
export const setHtml = (node, html) => { if (node.shown !== html) node.innerHTML = node.shown = html; };

/** A reader of JSON fields that parses a text once: `read(name, text)` -> the same object until the text changes.
    @returns {(name: string, text: string | null | undefined) => Json} */
export const reader = () => {
  /** @type {Record<string, {text: string | null | undefined, value: Json}>} */
  const seen = {};
  return (name, text) => {
    if (!seen[name] || seen[name].text !== text) seen[name] = { text, value: text ? JSON.parse(text) : null };
    return seen[name].value;
  };
};
