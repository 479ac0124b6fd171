/* Keyboard shortcuts. Register with `pg.keys.x = event => ...` (lower-case letter or the key's own name); a handler
   that returns false has not used the key. */
const TYPING = "textarea, select, input:not([type=range]):not([type=radio]):not([type=checkbox])";
/** The tabs of the page in sight. */
pg.lensTabs = () => [...document.querySelectorAll(".pg-tabs [role=tablist] [role=tab]")].filter(pg.seen);

/** gr.Tabs has no arrow keys of its own. */
const moveTab = (tab, step) => {
  const tabs = [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]:not(:disabled)")];
  const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
  next.focus();
  next.click();
};

addEventListener("keydown", event => {
  const target = event.target, arrow = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]") || target.isContentEditable || target.matches?.(TYPING)) return;
  const tab = target.closest?.("[role=tab]");
  if (tab && arrow) { event.preventDefault(); return moveTab(tab, arrow); }
  if (event.key === " " && target.closest?.("button, a, summary, [role=tab], [role=button]")) return;  // presses it
  if (/^[1-9]$/.test(event.key)) return pg.lensTabs()[event.key - 1]?.click();
  const handler = pg.keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (handler && handler(event) !== false) event.preventDefault();
});
