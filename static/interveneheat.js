/* A heat map of few cells as a grid of buttons: numbers are text, a cell can be pressed, arrows move, and the line below
   says what the cell under the hand or the focus is. Draws the figures of figures/heat.py. */
const HTML = `<div class="pt"><h2></h2><span class="how"></span></div><div class="box"><div class="cells" role="grid"></div></div>
  <p class="axt xt"></p><div class="foot"><span class="scale"><span class="axt"></span><i></i><span class="ends"><b></b><b></b><b></b></span></span>
  <p class="told" role="status"></p></div>`;
const REST = "Point at a cell, or move with the arrows, for its numbers.";
const STEPS = 255;
const minus = text => text.replace(/(^| )-(?=\d)/g, "$1−"), glyph = text => text ? pg.glyph(text) : "";

/** `press(map, row, column)` when a cell of a map with a `pick` is pressed. `draw(map)`: { title, note, fig, pick }. */
pg.heat = (host, press) => {
  host.className = "heat";
  host.innerHTML = HTML;
  const $ = name => host.querySelector(name), grid = $(".cells");
  let map = null, built = "", at = [0, 0], cells = [], said = false;

  const trace = () => map.fig.data[0], size = () => [trace().y.length, trace().x.length];
  const tell = (r, c) => { said = true; pg.set($(".told"), minus(trace().hovertext[r][c])); };
  const paint = () => {
    const { z, zmin, zmax, colorscale, text, hovertext } = trace(), table = pg.colours(colorscale[0][1].includes("div") ? "div" : "seq");
    cells.forEach((row, r) => row.forEach((cell, c) => {
      const value = z[r][c], none = value === null;
      const colour = none ? null : table[Math.round(Math.max(0, Math.min(1, (value - zmin) / (zmax - zmin))) * (STEPS - 1))];
      pg.set(cell, minus(glyph(text?.[r][c])));
      cell.classList.toggle("none", none);
      cell.style.background = none ? "" : pg.css(colour);
      cell.style.color = none ? "" : pg.inkOn(colour);
      cell.setAttribute("aria-label", hovertext[r][c]);
    }));
    if (said) tell(...at);
  };
  const build = () => {
    const { layout } = map.fig, [rows, columns] = size(), names = axis => trace()[axis].map((_, i) => layout[`${axis}axis`].ticktext[layout[`${axis}axis`].tickvals.indexOf(i)] ?? "");
    const token = map.fig.data[0].zmin === 0, wide = token ? 24 : trace().text ? 42 : 16;
    const xs = names("x").map(x => x.replace(" | ", "|")), ys = names("y"), longest = Math.max(...xs.map(x => x.includes("|") ? 0 : glyph(x).length));
    const every = wide < 24 && longest > 2 ? 4 : 1;
    const least = Math.max(wide, columns > 12 ? 0 : Math.min(16, longest) * 7 + 4);   // few columns have room for their names
    host.classList.toggle("wide", columns > 12);
    grid.style.gridTemplateColumns = `auto repeat(${columns}, minmax(${least}px, ${Math.max(token ? 56 : 72, least)}px))`;
    const header = text => `<span role="rowheader" class="h">${pg.esc(text)}</span>`;
    grid.innerHTML = ys.map((y, r) => `<div role="row">${header(y)}${xs.map((_, c) => `<button role="gridcell" tabindex="-1" data-r="${r}" data-c="${c}"></button>`).join("")}</div>`).join("")
      + `<div role="row"><span class="h corner">${pg.esc(layout.yaxis.title.text)} ↑</span>${xs.map((x, c) => `<span role="columnheader" class="x">${c % every ? "" : pg.esc(x.split("|").map(glyph).join("|"))}</span>`).join("")}</div>`;
    cells = Array.from({ length: rows }, (_, r) => [...grid.querySelectorAll(`[data-r="${r}"]`)]);
    at = [Math.min(at[0], rows - 1), Math.min(at[1], columns - 1)];
    cells[at[0]][at[1]].tabIndex = 0;
    said = false;
    pg.set($(".told"), REST);
    pg.set($(".xt"), layout.xaxis.title.text);
  };
  const stand = (r, c) => {
    cells[at[0]][at[1]].tabIndex = -1;
    at = [r, c];
    cells[r][c].tabIndex = 0;
    tell(r, c);
  };
  const of = event => { const cell = event.target.closest("[data-r]"); return cell && [+cell.dataset.r, +cell.dataset.c]; };
  grid.addEventListener("pointerover", event => { const place = of(event); if (place) stand(...place); });
  grid.addEventListener("focusin", event => { const place = of(event); if (place) stand(...place); });
  grid.addEventListener("click", event => { const place = of(event); if (place && map.pick) press(map, ...place); });
  grid.addEventListener("keydown", event => {
    const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key], [rows, columns] = size();
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    cells[Math.max(0, Math.min(rows - 1, at[0] + by[0]))][Math.max(0, Math.min(columns - 1, at[1] + by[1]))].focus();
  });

  return { draw(next) {
    map = next;
    const { x, y, zmin, zmax, colorscale, colorbar } = trace(), key = JSON.stringify([x, y, map.fig.layout, zmin === 0, !!trace().text]);
    pg.set($("h2"), map.title);
    pg.set($(".how"), map.note);
    host.classList.toggle("press", !!map.pick);
    grid.setAttribute("aria-label", `${map.title}: ${map.note}`);
    if (key !== built) { built = key; build(); }
    const name = colorscale[0][1].includes("div") ? "div" : "seq";
    $(".scale i").style.background = `linear-gradient(to right,${Array.from({ length: 11 }, (_, i) => `var(--${name}-${i})`).join(",")})`;
    pg.set($(".scale .axt"), colorbar.title.text);
    [zmin, (zmin + zmax) / 2, zmax].forEach((v, i) => pg.set($(".scale .ends").children[i], pg.num(v, 2)));
    paint();
  } };
};

/** The map as an SVG file. */
pg.saveHeat = ({ title, fig: { data: [{ z, zmin, zmax, colorscale, text, x, y, colorbar }], layout } }, name) => {
  const table = pg.colours(colorscale[0][1].includes("div") ? "div" : "seq"), W = 44, H = 24, L = 90, T = 40, css = token => getComputedStyle(document.body).getPropertyValue(token).trim();
  const word = (px, py, words, anchor, fill) => `<text x="${px}" y="${py}" text-anchor="${anchor}" fill="${fill}">${pg.esc(words)}</text>`;
  const named = axis => (axis === "x" ? x : y).map((_, i) => layout[`${axis}axis`].ticktext[layout[`${axis}axis`].tickvals.indexOf(i)] ?? "");
  const ink = css("--text"), parts = [word(8, 20, `${title}; ${colorbar.title.text} from ${pg.num(zmin, 2)} to ${pg.num(zmax, 2)}`, "start", ink)];
  z.forEach((row, r) => row.forEach((value, c) => {
    const colour = value === null ? null : table[Math.round(Math.max(0, Math.min(1, (value - zmin) / (zmax - zmin))) * (STEPS - 1))];
    parts.push(`<rect x="${L + c * W}" y="${T + r * H}" width="${W - 1}" height="${H - 1}" fill="${value === null ? css("--mask") : pg.css(colour)}"/>`);
    parts.push(word(L + (c + .5) * W, T + r * H + 16, minus(glyph(text?.[r][c])), "middle", value === null ? ink : pg.inkOn(colour)));
  }));
  named("y").forEach((each, r) => parts.push(word(L - 6, T + r * H + 16, each, "end", ink)));
  named("x").forEach((each, c) => parts.push(word(L + (c + .5) * W, T + y.length * H + 14, pg.glyph(each), "middle", ink)));
  parts.push(word(L, T + y.length * H + 34, layout.xaxis.title.text, "start", ink));
  const [w, h] = [Math.max(L + x.length * W + 8, 520), T + y.length * H + 44];
  pg.saveBlob(new Blob([`<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" font-family="sans-serif" font-size="12"><rect width="${w}" height="${h}" fill="${css("--page")}"/>${parts.join("")}</svg>`],
    { type: "image/svg+xml" }), `${name}.svg`);
};
