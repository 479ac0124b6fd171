/* Text for html, and the texts of values. */
const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
export const esc = text => String(text ?? "").replace(/[&<>"']/g, c => ENTITIES[c]);

/** Write text only when it differs: a selection in an unchanged node, or a screen reader on it, is not disturbed. */
export const setText = (node, text) => { if (node.textContent !== String(text)) node.textContent = text; };

/** The same for html that nothing else writes into the node. */
export const setHtml = (node, html) => { if (node.shown !== html) node.innerHTML = node.shown = html; };

/** A reader of JSON fields that parses a text once: `read(name, text)` -> the same object until the text changes. */
export const reader = () => {
  const seen = {};
  return (name, text) => {
    if (!seen[name] || seen[name].text !== text) seen[name] = { text, value: text ? JSON.parse(text) : null };
    return seen[name].value;
  };
};
