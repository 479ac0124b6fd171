/* Sentences from Python that carry links which move the picture: <a data-do="step:548">. Only harmless tags are kept,
   because a sentence may quote what a visitor typed. */
import { isSeen } from "./mount.js";
/** @import { Shown } from "./text.js" */

const KEEP = new Set(["A", "B", "STRONG", "EM", "I", "CODE", "KBD", "SUB", "SUP", "SPAN", "BR", "P", "UL", "OL", "LI"]);

/** @param {ParentNode} node */
const clean = node => {
  for (const child of /** @type {HTMLElement[]} */ ([...node.children])) {
    clean(child);
    if (!KEEP.has(child.tagName)) { child.replaceWith(...child.childNodes); continue; }
    const action = child.dataset.do, href = child.getAttribute("href") || "", mono = child.classList.contains("mono");
    for (const { name } of [...child.attributes]) child.removeAttribute(name);
    if (mono) child.className = "mono";
    if (child.tagName !== "A") continue;
    if (action) Object.assign(child, { role: "button", tabIndex: 0 }).dataset.do = action;
    else if (/^https?:/.test(href)) Object.assign(child, { href, target: "_blank", rel: "noopener" });
  }
};

/** Put the html into the node, cleaned; a node that already shows it is not touched, so focus stays on its link.
    @type {(node: Shown, html: string) => void} */
export const rich = (node, html) => {
  if (node.shown === html) return;
  node.shown = html;
  const template = document.createElement("template");
  template.innerHTML = html || "";
  template.content.querySelectorAll("script, style, iframe, object, svg, math").forEach(bad => bad.remove());
  clean(template.content);
  node.replaceChildren(template.content);
};

/** Verb -> what the browser does by itself.
    @type {Record<string, (rest: string) => unknown>} */
const verbs = {
  lens: id => {
    const /** @type {HTMLElement | null} */ tab = document.querySelector(`#lenses [role=tab][data-tab-id="${CSS.escape(id)}"]`);
    const /** @type {HTMLElement | null} */ link = document.querySelector("nav [data-page=playground]");
    if (tab && !isSeen(tab)) link?.click();                                                      // from another page
    tab?.click();
    return !!tab;
  },
};

/** Do `act(rest)` for data-do="verb:rest" in any sentence; false where it could not be done.
    @type {(verb: string, act: (rest: string) => unknown) => void} */
export const onVerb = (verb, act) => { verbs[verb] = act; };
/** @type {(verb: string, rest: string) => unknown} */
export const doVerb = (verb, rest) => verbs[verb]?.(rest) ?? false;

/** When a data-do link inside the node is pressed, by pointer, Enter or Space: do it here, else call `act(action)`.
    @type {(node: HTMLElement, act: (action: string) => void) => void} */
export const onDo = (node, act) => {
  const press = (/** @type {MouseEvent | KeyboardEvent} */ event) => {
    const /** @type {HTMLElement | null} */ link = /** @type {Element} */ (event.target).closest("[data-do]");
    if (!link || "key" in event && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    const action = link.dataset.do ?? "", [verb, rest = ""] = action.split(/:(.*)/s);
    if (doVerb(verb, rest) === false) act(action);
  };
  node.addEventListener("click", press);
  node.addEventListener("keydown", press);
};
