/* Sentences from Python that carry links which move the picture: <a data-do="step:548">. Only harmless tags are kept,
   because a sentence may quote what a visitor typed. */
import { firstSeen, isSeen } from "./mount.js";
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

/** Verb -> who does what by themselves in the browser: of several, the first that can, on the page in sight.
    @typedef {(rest: string) => unknown} Act
    @type {Record<string, {act: Act, root?: Element}[]>} */
const verbs = {
  lens: [{ act: id => {
    const named = `[role=tab][data-tab-id="${CSS.escape(id)}"]`;
    const /** @type {HTMLElement | null} */ tab = firstSeen(`.pg-tabs ${named}`) ?? document.querySelector(`#lenses ${named}`);
    const /** @type {HTMLElement | null} */ link = document.querySelector("nav [data-page=playground]");
    if (tab && !isSeen(tab)) link?.click();                                                      // from another page
    tab?.click();
    return !!tab;
  } }],
};

/** Do `act(rest)` for data-do="verb:rest" in any sentence; false where it could not be done. `root`: only while the page
    that has it is in sight.
    @type {(verb: string, act: Act, root?: Element) => void} */
export const onVerb = (verb, act, root) => { (verbs[verb] ??= []).push({ act, root }); };
/** @type {(verb: string, rest: string) => boolean} */
export const doVerb = (verb, rest) => (verbs[verb] ?? []).some(({ act, root }) =>
  (!root || isSeen(root.closest(".pg-tabs") ?? root)) && act(rest) !== false);

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
