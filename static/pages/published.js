/* The configuration's cost beside published models: a disclosure below the card. On a desktop its table stands beside
   the column, so that its first row can be watched while a control moves; on a phone it opens in the sheet. */
pg.published = (element, props, trigger, watch) => {
  const read = pg.reader(), node = document.createElement("details");
  node.className = "published";
  node.innerHTML = `<summary>${pg.icon("caret")}<b>Beside published models</b><span>${props.rows.length} models</span></summary>
    <section class="region" aria-label="Cost beside published models"><div></div><p>${pg.esc(props.help)}</p></section>`;
  pg.root(element).append(node);
  const host = node.querySelector(".region > div"), view = pg.tableView(host);
  host.querySelector(".pt").insertAdjacentHTML("beforeend",
    `<button class="b small quiet icon shut" aria-label="Close the table">${pg.icon("close")}</button>`);

  const shut = () => {
    if (node.contains(document.activeElement)) node.firstElementChild.focus();
    node.open = false;
  };
  host.querySelector(".shut").addEventListener("click", shut);
  addEventListener("keydown", event => { if (event.key === "Escape" && !event.defaultPrevented) shut(); });
  pg.mount(element, props, watch, ({ mine }) => view.draw({
    columns: props.columns, rows: [read("mine", mine), ...props.rows], pinned: 1,
    name: "cost-beside-published-models", title: "Cost beside published models",
  }), { always: true });
};
