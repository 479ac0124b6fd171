/* Tables of numbers: sortable, with the same numbers as CSV. Used alone and as the twin of a picture. */

/** A cell as text: numbers in the page's form, null as a dash. */
const cellText = cell => cell === null || cell === undefined || cell === "" ? "–" : typeof cell === "number" ? pg.num(cell) : String(cell);
const compare = (a, b) => {
  if (a === null || a === undefined) return 1;
  if (b === null || b === undefined) return -1;
  const x = typeof a === "number" ? a : parseFloat(a), y = typeof b === "number" ? b : parseFloat(b);
  return Number.isNaN(x) || Number.isNaN(y) ? String(a).localeCompare(String(b), "en") : x - y;
};

/** `draw({ columns, rows, name })`; columns are names or { label, align, title }. The chosen order survives new rows. */
pg.tableView = host => {
  host.innerHTML = `<div class="pt"><h2 class="table-name"></h2><span class="grow"></span><button class="b small quiet csv">${pg.icon("down")}CSV</button></div><div class="table-box" tabindex="0" role="region"><table><thead></thead><tbody></tbody></table></div>`;
  const head = host.querySelector("thead"), body = host.querySelector("tbody"), title = host.querySelector(".table-name");
  let data = null, by = -1, up = true, built = "";

  const heading = () => {
    const columns = data.columns.map(c => typeof c === "string" ? { label: c } : c), key = JSON.stringify([columns, by, up]);
    if (built === key) return;
    built = key;
    const had = head.contains(document.activeElement) ? document.activeElement.dataset.c : null;
    head.innerHTML = `<tr>${columns.map((c, i) => {
      const sort = i === by ? up ? "ascending" : "descending" : "none", align = c.align || (i === 0 || left(i) ? "left" : "right");
      return `<th scope="col" aria-sort="${sort}" class="${align}" title="${pg.esc(c.title)}"><button data-c="${i}">${pg.esc(c.label)}<span aria-hidden="true">${i === by ? up ? " ↑" : " ↓" : ""}</span></button></th>`;
    }).join("")}</tr>`;
    if (had) head.querySelector(`[data-c="${had}"]`)?.focus({ preventScroll: true });
  };
  /** Words stand left, numbers right, judged by the first row that has something to say. */
  const left = i => { const cell = data.rows.find(row => row[i] !== null && row[i] !== undefined)?.[i]; return typeof cell === "string" && !/^[-−<~±]?\s?[\d.]/.test(cell); };
  const lines = () => by < 0 ? data.rows : [...data.rows].sort((a, b) => (up ? 1 : -1) * compare(a[by], b[by]));
  const fill = () => {
    heading();
    const side = data.rows.length ? data.columns.map((c, i) => c.align || (i === 0 || left(i) ? "left" : "right")) : [];
    const html = lines().map(row => `<tr>${row.map((cell, i) => `<td class="${side[i]}">${pg.esc(cellText(cell))}</td>`).join("")}</tr>`).join("");
    if (body.shown !== html) body.innerHTML = body.shown = html;
  };
  head.addEventListener("click", event => {
    const button = event.target.closest("[data-c]");
    if (!button) return;
    [by, up] = +button.dataset.c === by ? [by, !up] : [+button.dataset.c, true];
    fill();
  });
  host.querySelector(".csv").addEventListener("click", () => pg.saveCsv([data.columns.map(c => c.label || c), ...lines()], data.name || "table"));
  return { draw(next) {
    data = next;
    pg.set(title, data.title ?? data.name ?? "");
    host.querySelector(".table-box").setAttribute("aria-label", data.title || data.name || "table");
    fill();
  } };
};

/** The component: value { columns (JSON), rows (JSON), name, title }. */
pg.table = (element, props, trigger, watch) => {
  const parse = pg.reader(), view = pg.tableView(pg.root(element));
  pg.mount(props.view || "table", element, props, watch, value =>
    view.draw({ columns: parse("columns", value.columns) || [], rows: parse("rows", value.rows) || [], name: value.name, title: value.title }));
};
