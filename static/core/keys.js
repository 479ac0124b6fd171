/* Keyboard shortcuts. Each belongs to a part of the page, and acts while that is seen. */
import { isSeen } from "./mount.js";

const TYPING = "textarea, select, input:not([type=range]):not([type=radio]):not([type=checkbox])";
/** The tabs of the page in sight. */
export const lensTabs = () => {
  const /** @type {NodeListOf<HTMLElement>} */ tabs = document.querySelectorAll(".pg-tabs [role=tablist] [role=tab]");
  return [...tabs].filter(isSeen);
};

/** A lower-case letter, or the key's own name; an `act(event)` that returns false has not used the key.
    @typedef {(event: KeyboardEvent) => unknown} KeyAct */
/** @type {{root: Element, key: string, act: KeyAct}[]} */
const owned = [];
/** @type {(root: Element, key: string, act: KeyAct) => void} */
export const onKey = (root, key, act) => owned.push({ root, key, act });
/** @type {(key: string, event: KeyboardEvent) => boolean} */
const own = (key, event) => owned.some(each => each.key === key && isSeen(each.root) && each.act(event) !== false);

/** gr.Tabs has no arrow keys of its own.
    @type {(tab: Element, step: number) => void} */
const moveTab = (tab, step) => {
  const tabs = [...tab.closest("[role=tablist]")?.querySelectorAll("[role=tab]:not(:disabled)") ?? []];
  const next = /** @type {HTMLElement} */ (tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length]);
  next.focus();
  next.click();
};

/** The document itself may be one, which has no `closest`.
    @param {Event} event */
const targetOf = event => /** @type {HTMLElement} */ (event.target);
/** What a pointer pressed last: it has the focus, but nobody who clicked it means it with a space. */
let /** @type {Element | null} */ pointed = null;
const PRESSED = "button, a, summary, [role=tab], [role=button]";
addEventListener("pointerdown", event => { pointed = targetOf(event).closest?.(PRESSED) ?? null; }, true);
addEventListener("focusin", event => { if (!pointed?.contains(targetOf(event))) pointed = null; });

addEventListener("keydown", event => {
  const target = targetOf(event), arrow = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]") || target.isContentEditable || target.matches?.(TYPING)) return;
  const tab = target.closest?.("[role=tab]");
  if (tab && arrow) { event.preventDefault(); return moveTab(tab, arrow); }
  const pressed = target.closest?.(PRESSED);
  if (event.key === " " && pressed && (pressed !== pointed || pressed.closest(".panel, [popover]"))) return;  // presses it
  if (/^[1-9]$/.test(event.key)) return lensTabs()[Number(event.key) - 1]?.click();
  if (own(event.key.length === 1 ? event.key.toLowerCase() : event.key, event)) event.preventDefault();
});
