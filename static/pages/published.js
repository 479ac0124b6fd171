/* The configuration's cost beside published models: a disclosure below the card. On a desktop its table stands beside
   the column, so that its first row can be watched while a control moves; on a phone it opens in the sheet. */
import { iconHtml } from "../core/icons.js";
import { mount, mountOf } from "../core/mount.js";
import { esc, reader } from "../core/text.js";
import { tableView } from "../charts/table.js";
/** @import { Drawn } from "../core/mount.js"
    @import { Make } from "../core/widget.js" */

/** @type {Make} */
export const published = (element, props, trigger, watch) => {
  const read = reader(), /** @type {Drawn} */ node = document.createElement("details");
  node.className = "published";
  node.innerHTML = `<summary>${iconHtml("caret")}<b>Beside published models</b><span>${props.rows.length} models</span></summary>
    <section class="region" aria-label="Cost beside published models"><div></div><p>${esc(props.help)}</p></section>`;
  mountOf(element).append(node);
  const host = node.querySelector(".region > div"), view = tableView(host);
  host.querySelector(".pt").insertAdjacentHTML("beforeend",
    `<button class="b small quiet icon shut" aria-label="Close the table">${iconHtml("close")}</button>`);

  const shut = () => {
    if (node.contains(document.activeElement)) node.firstElementChild.focus();
    node.open = false;
  };
  host.querySelector(".shut").addEventListener("click", shut);
  addEventListener("keydown", event => { if (event.key === "Escape" && !event.defaultPrevented) shut(); });
  mount(element, props, watch, ({ mine }) => view.draw({
    columns: props.columns, rows: [read("mine", mine), ...props.rows], pinned: 1,
    name: "cost-beside-published-models", title: "Cost beside published models",
  }), { always: true });
};
