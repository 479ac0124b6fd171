/* A matrix as a picture: numbers along both axes, a card for the cell under the pointer or the arrow keys, a legend. */
import { say } from "../core/announce.js";
import { bytesOf, colourTable, inkOn, paintCells } from "../core/colours.js";
import { mount, mountOf } from "../core/mount.js";
import { num } from "../core/numbers.js";
import { esc, reader, setText } from "../core/text.js";
import { exportMenu } from "../controls/export.js";
import { svgHeat, svgTitled } from "./svg-file.js";
import { tableView } from "./table.js";

const MASKED = 65535, MOST = 65534, LEFT = 46, TOP = 36, TALL = 460, CELL = 14, NUMBERED = 25;    // px
const HTML = `<div class="pt"><h2></h2><span></span><span class="grow"></span><span class="ramp-box"><span></span><canvas></canvas><span></span></span>
    <span class="menu"></span><button class="b small quiet" data-table aria-pressed="false">Table</button></div>
  <div class="gmap"><span class="axt k"></span><span class="axt q"></span><div class="gxs" aria-hidden="true"></div>
    <div class="gys" aria-hidden="true"></div><div class="gwell" tabindex="0" role="group"><canvas class="pixels" role="img"></canvas>
    <div class="gnum" aria-hidden="true"></div><div class="gring" hidden></div></div></div>
  <div class="hover-card" hidden></div><div class="grid-table" hidden></div>`;
const short = x => num(Number(x.toPrecision(3)), 3);

/** What a value says, decoded: at(row, column) -> number, or null where it is masked. */
const decode = (value, read) => {
  const bytes = bytesOf(value.w), cells = new Uint16Array(bytes.buffer), rows = read("rows", value.rows), columns = read("columns", value.columns);
  const { low, high } = value, code = (row, column) => cells[row * columns.length + column];
  const at = (row, column) => code(row, column) === MASKED ? null : low + code(row, column) / MOST * (high - low);
  const picture = Uint8Array.from(cells, cell => cell === MASKED ? 255 : Math.round(cell / MOST * 254));
  return { ...value, rows, columns, at, picture, chosen: read("chosen", value.chosen), picks: read("picks", value.picks) };
};

export const grid = (element, props, trigger, watch) => {
  const root = mountOf(element), read = reader(), host = document.createElement("section");
  host.className = "pgrid";
  host.innerHTML = HTML;
  root.append(host);
  const $ = name => host.querySelector(name), map = $(".gmap"), well = $(".gwell"), canvas = $(".pixels"), ring = $(".gring");
  const card = $(".hover-card"), table = $(".grid-table"), swap = $("[data-table]"), ramp = $(".ramp-box");
  let frame = null, width = 0, w = 0, h = 0, at = null, twin = null, laid = "";

  const colours = () => colourTable(frame.scale === "div" ? "signed" : "seq");
  const tick = (labels, cell, axis) => {
    const each = axis === "x" ? Math.ceil(26 / cell) : Math.ceil(16 / cell), nice = [1, 2, 4, 5, 8, 10, 16, 20, 32].find(n => n >= each) ?? each;
    return labels.map((label, i) => i % nice ? "" : axis === "x" ? `<span class="gax x" style="left:${LEFT + (i + 0.5) * cell}px">${esc(label)}</span>`
      : `<span class="gax y" style="top:${TOP + (i + 0.5) * cell}px">${esc(label)}</span>`).join("");
  };
  const lay = () => {
    const R = frame.rows.length, C = frame.columns.length, room = width - LEFT - 2, square = Math.min(room / C, TALL / R, R <= 16 ? 30 : CELL);
    [w, h] = R === C ? [square, square] : [Math.min(room / C, CELL), Math.min(TALL / R, 9)];
    const key = `${w} ${h} ${R} ${C} ${frame.rows[0]} ${frame.columns[0]}`;
    if (laid === key) return;
    laid = key;
    map.style.width = `${LEFT + w * C + 2}px`;
    Object.assign(well.style, { width: `${w * C}px`, height: `${h * R}px` });
    $(".gxs").innerHTML = tick(frame.columns, w, "x");
    $(".gys").innerHTML = tick(frame.rows, h, "y");
    $(".axt.q").style.top = `${TOP + h * R / 2}px`;
  };
  const legend = () => {
    const [low, bar, high] = ramp.children, table = colours();
    setText(low, short(frame.low));
    setText(high, short(frame.high));
    paintCells(bar, Uint8Array.from({ length: 64 }, (_, i) => i * 4), 0, 64, 1, table);
  };
  const figures = () => {
    const box = $(".gnum");
    box.hidden = w < NUMBERED;
    if (box.hidden) return;
    const table = colours(), cell = (r, c) => {
      const x = frame.at(r, c);
      return x === null || Math.abs(x) < 0.005 ? "" : `<span style="left:${c * w}px;top:${r * h}px;width:${w}px;line-height:${h}px;color:${
        inkOn(table[frame.picture[r * frame.columns.length + c]])}">${x.toFixed(2).replace("-", "−").replace("0.", ".")}</span>`;
    };
    box.innerHTML = frame.rows.map((_, r) => frame.columns.map((_, c) => cell(r, c)).join("")).join("");
  };
  const words = ([r, c]) => {
    const x = frame.at(r, c);
    return `${frame.row_title} ${frame.rows[r]}, ${frame.column_title} ${frame.columns[c]}: ${x === null ? "masked" : short(x)}`;
  };
  const tell = cell => {
    card.hidden = !cell;
    if (!cell) return;
    setText(card, words(cell));
    const left = LEFT + (cell[1] + 1) * w + 8, over = left + card.offsetWidth > width;
    const top = map.offsetTop + TOP + (cell[0] + 1) * h + 6;
    card.style.transform = `translate(${over ? Math.max(0, LEFT + cell[1] * w - card.offsetWidth - 8) : left}px, ${top}px)`;
  };
  const mark = cell => {
    ring.hidden = !cell;
    if (cell) Object.assign(ring.style, { transform: `translate(${cell[1] * w - 1}px, ${cell[0] * h - 1}px)`, width: `${w + 2}px`, height: `${h + 2}px` });
  };
  const draw = () => {
    host.hidden = !frame?.title;
    if (host.hidden || !width) return;
    lay();
    setText($("h2"), frame.title);
    setText($("h2 + span"), frame.note);
    setText($(".axt.k"), `${frame.column_title} →`);
    setText($(".axt.q"), frame.row_title);
    paintCells(canvas, frame.picture, 0, frame.columns.length, frame.rows.length, colours());
    canvas.setAttribute("aria-label", frame.said);
    well.setAttribute("aria-label", `${frame.title}: arrow keys say each number`);
    legend();
    figures();
    mark(frame.chosen ?? at);
    if (twin) twin.draw(rows());
  };
  const rows = () => ({
    name: frame.title.toLowerCase().replace(/\W+/g, "-"), title: "",
    columns: [frame.row_title, ...frame.columns], rows: frame.rows.map((row, r) => [Number(row), ...frame.columns.map((_, c) => frame.at(r, c))]
      .map(x => x === null ? null : Number(x.toPrecision(4)))),
  });
  const choose = cell => {
    at = cell;
    if (!frame.picks) return mark(at);
    frame.chosen = cell;
    mark(cell);
    const set = { [frame.picks[0]]: Number(frame.rows[cell[0]]), [frame.picks[1]]: Number(frame.columns[cell[1]]) };
    trigger("do", { action: `set:${JSON.stringify(set)}` });
  };
  const under = event => {
    const box = well.getBoundingClientRect(), clamp = (x, n) => Math.max(0, Math.min(n - 1, Math.floor(x)));
    return [clamp((event.clientY - box.top) / h, frame.rows.length), clamp((event.clientX - box.left) / w, frame.columns.length)];
  };
  well.addEventListener("pointermove", event => { if (frame && event.pointerType !== "touch") tell(under(event)); });
  well.addEventListener("pointerleave", () => tell(null));
  well.addEventListener("blur", () => tell(null));
  well.addEventListener("click", event => { if (frame) { choose(under(event)); tell(at); } });
  well.addEventListener("keydown", event => {
    const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (event.key === "Escape") tell(null);
    if (!by || !frame) return;
    event.preventDefault();
    event.stopPropagation();
    const from = frame.chosen ?? at ?? [0, 0], to = [from[0] + by[0], from[1] + by[1]];
    if (to[0] < 0 || to[1] < 0 || to[0] >= frame.rows.length || to[1] >= frame.columns.length) return;
    choose(to);
    tell(to);
    say(words(to));
  });
  swap.addEventListener("click", () => {
    twin = twin ? null : tableView(table);
    swap.setAttribute("aria-pressed", !!twin);
    [table.hidden, map.hidden] = [!twin, !!twin];
    if (twin) twin.draw(rows());
  });
  const picture = () => {
    const cell = Math.max(6, Math.min(24, 560 / frame.columns.length)), { rows, columns, picture: bytes } = frame;
    return svgTitled(`${frame.title}, ${short(frame.low)} to ${short(frame.high)}`, "",
      svgHeat({ rows, columns, titles: [frame.row_title, frame.column_title], bytes, table: colours() }, cell, cell));
  };
  exportMenu($(".menu"), { name: () => rows().name, picture, rows: () => { const { columns, rows: cells } = rows(); return [columns, ...cells]; } });
  new ResizeObserver(([entry]) => { width = entry.contentRect.width; draw(); }).observe(root);
  mount(element, props, watch, value => { frame = value.title ? decode(value, read) : null; draw(); }, { always: true });
};
