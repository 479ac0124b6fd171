/* Keyboard shortcuts. Register with `pg.keys.x = event => ...` (lower-case letter or the key's own name); a handler
   that returns false has not used the key. */
const TYPING = "textarea, select, input:not([type=range]):not([type=radio]):not([type=checkbox])";
/** The tabs of the page in sight. */
pg.lensTabs = () => [...document.querySelectorAll(".pg-tabs [role=tablist] [role=tab]")].filter(pg.seen);

/** A key of one page or lens: acts only while `root` is seen, and goes before those of the transport. */
const owned = [];
pg.onKey = (root, key, act) => owned.push({ root, key, act });
const own = (key, event) => owned.some(each => each.key === key && pg.seen(each.root) && each.act(event) !== false);

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
  if (/^[1-9]$/.test(event.key)) return pg.lensTabs()[event.key - 1]?.click();
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key, handler = pg.keys[key];
  if (own(key, event)) return event.preventDefault();
  if (handler && handler(event) !== false) event.preventDefault();
});
