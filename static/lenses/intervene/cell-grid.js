/* A heat map of few cells as a grid of buttons: numbers are text, a cell can be pressed, arrows move, and the line below
   says what the cell under the hand or the focus is. Draws what figures/heat.py makes. */
import { colourTable, cssColour, inkOn, rampOf } from "../../core/colours.js";
import { num } from "../../core/numbers.js";
import { esc, setText } from "../../core/text.js";
import { glyphOf } from "../../core/tokens.js";
/** @import { Json } from "../../core/values.js" */

const HTML = `<div class="pt"><h2></h2><span class="how"></span></div><div class="box"><div class="cells" role="grid"></div></div>
  <div class="foot"><span class="scale"><span class="axt"></span><i></i><span class="ends"><b></b><b></b><b></b></span></span>
  <p class="told" role="status"></p></div>`;
const TOUCH = matchMedia("(hover: none)").matches;
const REST = TOUCH ? "Tap a cell for its numbers." : "Point at a cell, or move with the arrows, for its numbers.";
const minus = text => text.replace(/(^|[ (])-(?=\d)/g, "$1−"), glyph = text => text ? glyphOf(text) : "";
const begun = text => text[0].toUpperCase() + text.slice(1);

/** A value of a heat map as its byte in the colour table. */
export const heatByte = ({ low, high }, value) => value === null ? 255 : Math.round(254 * Math.max(0, Math.min(1, (value - low) / (high - low))));

/** `press(map, row, column)` when a cell of a map with a `pick` is pressed (by touch: again, as the first tap tells its
    numbers). `draw(map)`: { title, note, heat, pick }. */
export const cellGrid = (host, press) => {
  host.className = "heat";
  host.innerHTML = HTML;
  const $ = name => host.querySelector(name), grid = $(".cells");
  let /** @type {Json} */ map = null;
  let built = "", at = [0, 0], cells = [], said = false, fresh = false;

  const size = () => [map.heat.rows.length, map.heat.columns.length];
  const tell = (r, c) => {
    said = true;
    setText($(".told"), begun(minus(map.heat.hover[r][c])) + (TOUCH && map.pick ? ". Tap again to open it." : ""));
  };
  const paint = () => {
    const { values, scale, text, hover } = map.heat, table = colourTable(scale);
    cells.forEach((row, r) => row.forEach((cell, c) => {
      const none = values[r][c] === null, colour = table[heatByte(map.heat, values[r][c])];
      setText(cell, minus(glyph(text?.[r][c])));
      cell.classList.toggle("none", none);
      cell.style.background = none ? "" : cssColour(colour);
      cell.style.color = none ? "" : inkOn(colour);
      cell.setAttribute("aria-label", minus(hover[r][c]));
    }));
    if (said) tell(...at);
  };
  const build = () => {
    const { scale, text, titles, rows: ys } = map.heat, [rows, columns] = size(), token = scale === "seq", wide = token ? 24 : text ? 42 : 16;
    const xs = map.heat.columns.map(x => x.replace(" | ", "|")), longest = Math.max(...xs.map(x => x.includes("|") ? 0 : glyph(x).length));
    const every = wide < 24 && longest > 2 ? 4 : 1;
    const least = Math.max(wide, columns > 12 ? 0 : Math.min(16, longest) * 7 + 4);   // few columns have room for their names
    host.classList.toggle("wide", columns > 12);
    grid.style.gridTemplateColumns = `auto repeat(${columns}, minmax(${least}px, ${Math.max(token ? 56 : 72, least)}px))`;
    const header = text => `<span role="rowheader" class="h">${esc(text)}</span>`;
    grid.innerHTML = ys.map((y, r) => `<div role="row">${header(y)}${xs.map((_, c) => `<button role="gridcell" tabindex="-1" data-r="${r}" data-c="${c}"></button>`).join("")}</div>`).join("")
      + `<div role="row"><span class="h corner">${esc(titles[0])} ↓</span>${xs.map((x, c) => `<span role="columnheader" class="x">${c % every ? "" : esc(x.split("|").map(glyph).join("|"))}</span>`).join("")}</div>
      <div role="presentation"><span class="axt xt">${esc(titles[1])} →</span></div>`;
    cells = Array.from({ length: rows }, (_, r) => [...grid.querySelectorAll(`[data-r="${r}"]`)]);
    at = [Math.min(at[0], rows - 1), Math.min(at[1], columns - 1)];
    cells[at[0]][at[1]].tabIndex = 0;
    said = false;
    setText($(".told"), REST);
  };
  const stand = (r, c) => {
    cells[at[0]][at[1]].tabIndex = -1;
    cells[at[0]][at[1]].classList.remove("on");
    at = [r, c];
    cells[r][c].tabIndex = 0;
    cells[r][c].classList.add("on");
    tell(r, c);
  };
  const of = event => { const cell = event.target.closest("[data-r]"); return cell && [+cell.dataset.r, +cell.dataset.c]; };
  grid.addEventListener("pointerover", event => { const place = of(event); if (place && event.pointerType !== "touch") stand(...place); });
  grid.addEventListener("pointerdown", event => {
    const place = of(event);
    fresh = event.pointerType === "touch" && !!place && !(said && place.join() === at.join());
  });
  grid.addEventListener("focusin", event => { const place = of(event); if (place) stand(...place); });
  grid.addEventListener("click", event => {
    const place = of(event), first = fresh;
    fresh = false;
    if (!place) return;
    if (map.pick && !first) return press(map, ...place);
    stand(...place);
  });
  grid.addEventListener("keydown", event => {
    const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key], [rows, columns] = size();
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    cells[Math.max(0, Math.min(rows - 1, at[0] + by[0]))][Math.max(0, Math.min(columns - 1, at[1] + by[1]))].focus();
  });

  return { draw(next) {
    map = next;
    const { rows, columns, titles, low, high, scale, unit, text } = map.heat, key = JSON.stringify([rows, columns, titles, scale, !!text]);
    setText($("h2"), map.title);
    setText($(".how"), map.note);
    host.classList.toggle("press", !!map.pick);
    grid.setAttribute("aria-label", `${map.title}: ${map.note}`);
    if (key !== built) { built = key; build(); }
    $(".scale i").style.background = rampOf(scale);
    setText($(".scale .axt"), unit);
    [low, (low + high) / 2, high].forEach((v, i) => setText($(".scale .ends").children[i], num(v, 2)));
    paint();
  } };
};
