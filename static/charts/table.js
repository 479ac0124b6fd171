/* Tables of numbers: sortable, with the same numbers as CSV. Used alone and as the twin of a picture. */
import { saveCsv } from "../core/files.js";
import { iconHtml } from "../core/icons.js";
import { focusIn, mount, mountOf } from "../core/mount.js";
import { num } from "../core/numbers.js";
import { esc, reader, setHtml, setText } from "../core/text.js";
/** @import { Drawn } from "../core/mount.js"
    @import { Json } from "../core/values.js"
    @import { Make } from "../core/widget.js" */

const missing = cell => cell === null || cell === undefined || cell === "";
const fixed = (x, digits) => x.toLocaleString("en",
  { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: "negative" }).replace("-", "−");
/** What is sorted and saved of a cell; it may be { value, text, title, href, best }, to be shown otherwise than it is. */
const plain = cell => cell !== null && typeof cell === "object" ? cell.value : cell;
/** A cell as text: numbers in the page's form or the column's, null as a dash. */
const cellText = (cell, { digits, percent }) => {
  if (missing(cell)) return "–";
  if (typeof cell !== "number") return String(cell);
  if (!Number.isFinite(cell)) return "–";
  if (percent) return `${fixed(100 * cell, digits ?? 1)} %`;
  return digits === undefined || digits === null ? num(cell) : fixed(cell, digits);
};
const cellHtml = (cell, column, side) => {
  const { text, title, href, best } = cell !== null && typeof cell === "object" ? cell : {};
  const words = esc(text ?? cellText(plain(cell), column)), hover = title ? ` title="${esc(title)}"` : "";
  const link = href ? `<a href="${esc(href)}" target="_blank" rel="noopener"${hover}>${words}</a>` : words;
  return `<td class="${side}${best ? " best" : ""}"${href ? "" : hover}>${link}</td>`;
};
const compare = (a, b) => {
  const x = typeof a === "number" ? a : parseFloat(a), y = typeof b === "number" ? b : parseFloat(b);
  return Number.isNaN(x) || Number.isNaN(y) ? String(a).localeCompare(String(b), "en") : x - y;
};

/** `draw({ columns, rows, name, pinned })`; columns are names or { label, align, title, digits, percent }. The chosen order
    survives new rows; the first `pinned` rows stay first in any order, and are marked.
    @typedef {{label: string, align?: string, title?: string, digits?: number, percent?: boolean}} Column
    @typedef {{columns: (string | Column)[], rows: Json[][], name?: string, title?: string, pinned?: number}} Table
    @type {(host: Drawn) => {draw(table: Table): void}} */
export const tableView = host => {
  host.innerHTML = `<div class="pt"><h2 class="table-name"></h2><span class="grow"></span>
      <button class="b small quiet csv">${iconHtml("down")}CSV</button></div>
    <div class="table-box" tabindex="0" role="region"><table><thead></thead><tbody></tbody></table></div>`;
  const head = host.querySelector("thead"), body = host.querySelector("tbody"), title = host.querySelector(".table-name");
  let /** @type {Omit<Table, "columns"> & {columns: Column[]}} */ data;
  let by = -1, up = true, built = "";

  /** Words stand left, numbers right, judged by the first row that has something to say. */
  const sides = () => data.columns.map((column, i) => {
    const cell = plain(data.rows.find(row => !missing(plain(row[i])))?.[i]);
    const word = typeof cell === "string" && !/^[-−<~±]?\s?[\d.]/.test(cell);
    return column.align || (i === 0 || word ? "left" : "right");
  });
  const heading = align => {
    const key = JSON.stringify([data.columns, align, by, up]);
    if (built === key) return;
    built = key;
    const had = focusIn(head)?.dataset.c ?? null;
    head.innerHTML = `<tr>${data.columns.map((column, i) => {
      const sort = i !== by ? "none" : up ? "ascending" : "descending", mark = i !== by ? "" : up ? " ↑" : " ↓";
      return `<th scope="col" aria-sort="${sort}" class="${align[i]}" title="${esc(column.title)}">
        <button data-c="${i}">${esc(column.label)}<span aria-hidden="true">${mark}</span></button></th>`;
    }).join("")}</tr>`;
    if (had) head.querySelector(`[data-c="${had}"]`)?.focus({ preventScroll: true });
  };
  const order = (a, b) => {
    const [x, y] = [plain(a[by]), plain(b[by])];
    if (missing(x) || missing(y)) return Number(missing(x)) - Number(missing(y));      // a missing number stands last in either order
    return (up ? 1 : -1) * compare(x, y);
  };
  const pinned = () => data.rows.slice(0, data.pinned ?? 0);
  const others = () => by < 0 ? data.rows.slice(pinned().length) : data.rows.slice(pinned().length).sort(order);
  const fill = () => {
    const align = sides(), cells = row => row.map((cell, i) => cellHtml(cell, data.columns[i] ?? {}, align[i])).join("");
    heading(align);
    const html = pinned().map(row => `<tr class="mine">${cells(row)}</tr>`).join("")
      + others().map(row => `<tr>${cells(row)}</tr>`).join("");
    setHtml(body, html);
  };
  head.addEventListener("click", event => {
    const button = event.target.closest("[data-c]");
    if (!button) return;
    [by, up] = +button.dataset.c === by ? [by, !up] : [+button.dataset.c, true];
    fill();
  });
  host.querySelector(".csv").addEventListener("click", () =>
    saveCsv([data.columns.map(column => column.label),
      ...[...pinned(), ...others()].map(row => row.map(plain))], data.name || "table"));
  return { draw(next) {
    data = { ...next, columns: next.columns.map(column => typeof column === "string" ? { label: column } : column) };
    setText(title, data.title ?? data.name ?? "");
    host.querySelector(".table-box").setAttribute("aria-label", data.title || data.name || "table");
    fill();
  } };
};

/** The component: value { columns (JSON), rows (JSON), name, title }.
    @type {Make} */
export const table = (element, props, trigger, watch) => {
  const parse = reader(), view = tableView(mountOf(element));
  mount(element, props, watch, ({ columns, rows, name, title }) =>
    view.draw({ columns: parse("columns", columns) || [], rows: parse("rows", rows) || [], name, title }));
};
