/* Sharing: a small panel with the link to this run's configuration or a comparison, copied at once where the browser allows it. */
import { copyText } from "../core/clipboard.js";
import { setText } from "../core/text.js";
/** @import { Drawn } from "../core/mount.js" */

const panelHtml = what => `<b>Link to this ${what}</b><div class="row"><input class="grow" readonly aria-label="Link">
  <button class="b small" data-copy>Copy</button></div><p role="status"></p><p class="soft"></p>`;

/** `ask()` requests a link from the server; `draw(link, note)` opens the panel at `button` when one arrives that was asked for: a page
    that opens anew is told the last one too. `note` says what the link does not carry. */
export const shareButton = (button, request, what = "configuration") => {
  const /** @type {Drawn} */ panel = document.createElement("div");
  panel.className = "panel";
  panel.popover = "auto";                              // the browser closes it on Esc and on a click outside
  panel.innerHTML = panelHtml(what);
  button.after(panel);
  const input = panel.querySelector("input"), [status, about] = panel.querySelectorAll("p");
  let /** @type {string | null} */ known = null, asked = false;

  const copy = async () => {
    input.select();
    const copied = await copyText(input.value);
    status.textContent = copied ? "Copied" : "Copy it with Ctrl+C or ⌘C";
  };
  panel.querySelector("[data-copy]").addEventListener("click", copy);

  const open = (link, note) => {
    input.value = new URL(link, location.href).href;
    status.textContent = "";
    setText(about, note ?? "");
    openBelow(button, panel);
    copy();
  };
  return {
    ask() { asked = true; request(); },
    draw(link, note) {
      const changed = link !== known, seen = panel.matches(":popover-open");
      known = link ?? "";
      if (link && (asked || seen && changed)) { asked = false; open(link, note); }   // an older one may come first
    },
  };
};

/** Open a popover under its button (above it where there is no room), kept inside the window. */
export const openBelow = (button, panel) => {
  panel.showPopover();
  const box = button.getBoundingClientRect(), visible = box.width > 0;
  const width = panel.offsetWidth, height = panel.offsetHeight, gap = 6;
  const left = visible ? box.right - width : (innerWidth - width) / 2;
  const below = visible ? box.bottom + gap : innerHeight - height - 130;   // no button on a phone: above the transport
  panel.style.left = `${Math.max(8, Math.min(innerWidth - width - 8, left))}px`;
  panel.style.top = `${below + height > innerHeight ? box.top - height - gap : below}px`;
};
