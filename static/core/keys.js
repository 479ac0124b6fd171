/* Keyboard shortcuts. Each belongs to a part of the page, and acts while that is seen. */
import { isSeen } from "./mount.js";

const TYPING = "textarea, select, input:not([type=range]):not([type=radio]):not([type=checkbox])";
/** The tabs of the page in sight. */
export const lensTabs = () => [...document.querySelectorAll(".pg-tabs [role=tablist] [role=tab]")].filter(isSeen);

/** A lower-case letter, or the key's own name; an `act(event)` that returns false has not used the key. */
const owned = [];
export const onKey = (root, key, act) => owned.push({ root, key, act });
const own = (key, event) => owned.some(each => each.key === key && isSeen(each.root) && each.act(event) !== false);

/** gr.Tabs has no arrow keys of its own. */
const moveTab = (tab, step) => {
  const tabs = [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]:not(:disabled)")];
  const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
  next.focus();
  next.click();
};

/** What a pointer pressed last: it has the focus, but nobody who clicked it means it with a space. */
let pointed = null;
const PRESSED = "button, a, summary, [role=tab], [role=button]";
addEventListener("pointerdown", event => { pointed = event.target.closest?.(PRESSED) ?? null; }, true);
addEventListener("focusin", event => { if (!pointed?.contains(event.target)) pointed = null; });

addEventListener("keydown", event => {
  const target = event.target, arrow = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]") || target.isContentEditable || target.matches?.(TYPING)) return;
  const tab = target.closest?.("[role=tab]");
  if (tab && arrow) { event.preventDefault(); return moveTab(tab, arrow); }
  const pressed = target.closest?.(PRESSED);
  if (event.key === " " && pressed && (pressed !== pointed || pressed.closest(".panel, [popover]"))) return;  // presses it
  if (/^[1-9]$/.test(event.key)) return lensTabs()[event.key - 1]?.click();
  if (own(event.key.length === 1 ? event.key.toLowerCase() : event.key, event)) event.preventDefault();
});
