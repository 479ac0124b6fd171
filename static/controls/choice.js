/* Small controls of the lens tools: a row of exclusive buttons, and a menu. */
import { say } from "../core/announce.js";
import { iconHtml } from "../core/icons.js";
import { focusIn } from "../core/mount.js";
import { esc } from "../core/text.js";

/** A segmented choice: one tab stop, arrows move the focus and Enter or Space picks. `draw([[id, label, why not]], chosen)`;
    what cannot be chosen stays focusable and says why. */
export const segmentedChoice = (host, label, pick) => {
  let shown = "";
  host.className = "seg";
  host.setAttribute("role", "group");
  host.setAttribute("aria-label", label);
  const draw = (options, chosen) => {
    const key = JSON.stringify([options, chosen]);
    if (key === shown) return;
    shown = key;
    const had = focusIn(host)?.dataset.id ?? null;
    host.innerHTML = options.map(([id, text, why]) => {
      const refused = why ? `aria-disabled="true" title="${esc(why)}"` : "", on = id === chosen;
      return `<button type="button" data-id="${esc(id)}" aria-pressed="${on}" tabindex="${on ? 0 : -1}" ${refused}>${esc(text)}</button>`;
    }).join("");
    if (!host.querySelector('[tabindex="0"]') && host.firstChild) host.firstChild.tabIndex = 0;
    if (had !== null) [...host.children].find(b => b.dataset.id === had)?.focus({ preventScroll: true });
  };
  host.addEventListener("click", event => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.getAttribute("aria-disabled")) return say(button.title);
    pick(button.dataset.id);
  });
  host.addEventListener("keydown", event => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key], all = [...host.children], at = all.indexOf(document.activeElement);
    if (!by || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    all[(at + by + all.length) % all.length].focus();
  });
  return { draw };
};

/** A button that opens a list of actions: `items` is [[label, act]]. Esc and a press elsewhere close it. */
export const menu = (host, label, icon, items) => {
  host.className = "pop";
  const entry = ([text], i) => `<button role="menuitem" data-i="${i}">${esc(text)}</button>`;
  const face = iconHtml(icon) + esc(label);
  host.innerHTML = `<button class="b small quiet" aria-haspopup="menu" aria-expanded="false">${face}</button>
    <div class="list" role="menu" hidden>${items.map(entry).join("")}</div>`;
  const [button, list] = host.children, choices = [...list.children];
  const open = yes => {
    list.hidden = !yes;
    button.setAttribute("aria-expanded", yes);
    if (yes) choices[0].focus({ preventScroll: true });
  };
  button.addEventListener("click", () => open(list.hidden));
  list.addEventListener("click", event => {
    const item = event.target.closest("[data-i]");
    if (!item) return;
    open(false);
    button.focus({ preventScroll: true });
    items[item.dataset.i][1]();
  });
  host.addEventListener("keydown", event => {
    if (list.hidden) return;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key], at = choices.indexOf(document.activeElement);
    if (event.key === "Escape") { open(false); button.focus({ preventScroll: true }); }
    else if (by) choices[(at + by + choices.length) % choices.length].focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  host.addEventListener("focusout", event => { if (!host.contains(event.relatedTarget)) open(false); });
};
