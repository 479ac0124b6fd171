/* A matrix as a picture: numbers along both axes, a card for the cell under the pointer or the arrow keys, a legend,
   a table and files. */
import { bytesOf, colourTable, rampOf } from "../core/colours.js";
import { mount, mountOf } from "../core/mount.js";
import { num } from "../core/numbers.js";
import { esc, reader, setText } from "../core/text.js";
import { exportMenu } from "../controls/export.js";
import { cellText, heatMap } from "./heat-map.js";
import { svgHeat, svgTitled } from "./svg-file.js";
import { tableView } from "./table.js";
/** @import { Json } from "../core/values.js"
    @import { Make } from "../core/widget.js" */

const MASKED = 65535, MOST = 65534, LEFT = 46, TOP = 36, TALL = 460, CELL = 14;    // px
const HTML = `<div class="pt"><h2></h2><span></span><span class="grow"></span><span class="ramp-box"><span></span><i></i><span></span></span>
    <span class="menu"></span><button class="b small quiet" data-table aria-pressed="false">Table</button></div>
  <div class="gmap"></div><div class="grid-table" hidden></div>`;
const short = x => num(Number(x.toPrecision(3)), 3);

/** What a value says, decoded: at(row, column) -> number, or null where it is masked. */
const decode = (value, read) => {
  const bytes = bytesOf(value.w), cells = new Uint16Array(bytes.buffer), rows = read("rows", value.rows), columns = read("columns", value.columns);
  const { low, high } = value, code = (row, column) => cells[row * columns.length + column];
  const at = (row, column) => code(row, column) === MASKED ? null : low + code(row, column) / MOST * (high - low);
  const picture = Uint8Array.from(cells, cell => cell === MASKED ? 255 : Math.round(cell / MOST * 254));
  return { ...value, rows, columns, at, picture, chosen: read("chosen", value.chosen), picks: read("picks", value.picks) };
};

const size = (width, R, C) => {
  const room = (width - LEFT - 2) / C, square = Math.min(room, TALL / R, R <= 16 ? 30 : CELL);
  return R === C ? [square, square] : [Math.min(room, CELL), Math.min(TALL / R, 9)];
};

export const grid = (element, props, trigger, watch) => {
  const root = mountOf(element), read = reader(), host = document.createElement("section");
  host.className = "pgrid";
  host.innerHTML = HTML;
  root.append(host);
  const $ = name => host.querySelector(name), place = $(".gmap"), table = $(".grid-table"), swap = $("[data-table]");
  let /** @type {Json} */ frame = null, /** @type {[number, number] | null} */ at = null;
  let /** @type {ReturnType<typeof tableView> | null} */ twin = null;

  const words = (r, c) => {
    const x = frame.at(r, c);
    return `${frame.row_title} ${frame.rows[r]}, ${frame.column_title} ${frame.columns[c]}: ${x === null ? "masked" : short(x)}`;
  };
  const choose = cell => {
    at = cell;
    map.point(at);
    if (!frame.picks) return;
    frame.chosen = cell;
    const set = { [frame.picks[0]]: Number(frame.rows[cell[0]]), [frame.picks[1]]: Number(frame.columns[cell[1]]) };
    trigger("do", { action: `set:${JSON.stringify(set)}` });
  };
  const map = heatMap(place, { left: LEFT, top: TOP, room: [26, 16], size, card: (r, c) => esc(words(r, c)), choose });
  const picture = () => {
    const { rows, columns, picture: bytes, scale } = frame;
    return { rows, columns, bytes, table: colourTable(scale === "div" ? "signed" : "seq") };
  };
  const draw = () => {
    host.hidden = !frame?.title;
    if (host.hidden) return;
    const [low, ramp, high] = $(".ramp-box").children;
    setText($("h2"), frame.title);
    setText($("h2 + span"), frame.note);
    setText(low, short(frame.low));
    setText(high, short(frame.high));
    ramp.style.background = rampOf(frame.scale);
    map.draw({ ...picture(), titles: [frame.row_title, `${frame.column_title} →`], written: (r, c) => cellText(frame.at(r, c)),
      said: frame.said, name: `${frame.title}: arrow keys say each number` }, frame.chosen ?? at);
    if (twin) twin.draw(rows());
  };
  const rows = () => ({
    name: frame.title.toLowerCase().replace(/\W+/g, "-"), title: "",
    columns: [frame.row_title, ...frame.columns], rows: frame.rows.map((row, r) => [Number(row), ...frame.columns.map((_, c) => frame.at(r, c))]
      .map(x => x === null ? null : Number(x.toPrecision(4)))),
  });
  swap.addEventListener("click", () => {
    twin = twin ? null : tableView(table);
    swap.setAttribute("aria-pressed", !!twin);
    [table.hidden, place.hidden] = [!twin, !!twin];
    if (twin) twin.draw(rows());
  });
  const still = () => {
    const cell = Math.max(6, Math.min(24, 560 / frame.columns.length));
    return svgTitled(`${frame.title}, ${short(frame.low)} to ${short(frame.high)}`, "",
      svgHeat({ ...picture(), titles: [frame.row_title, frame.column_title] }, cell, cell));
  };
  const lines = () => { const { columns, rows: cells } = rows(); return [columns, ...cells]; };
  exportMenu($(".menu"), { of: "matrix", name: () => rows().name, picture: still, rows: lines });
  mount(element, props, watch, value => { frame = value.title ? decode(value, read) : null; draw(); }, { always: true });
};
