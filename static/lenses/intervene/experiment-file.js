/* What an experiment of the Intervene lens found, as a picture: its heat maps below one another, and its chart. */
import { colourTable, cssColour, inkOn } from "../../core/colours.js";
import { savePicture } from "../../core/files.js";
import { num } from "../../core/numbers.js";
import { esc } from "../../core/text.js";
import { glyphOf } from "../../core/tokens.js";

const H = 24, TOP = 52, STEPS = 255;
const css = token => getComputedStyle(document.body).getPropertyValue(token).trim();
const minus = text => text.replace(/^-(?=\d)/, "−"), glyph = text => text ? glyphOf(text) : "";
const word = (x, y, words, anchor, fill, more = "") =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="${fill}" ${more}>${esc(words)}</text>`;
const rect = (x, y, w, h, fill) => `<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="${fill}"/>`;

/** [svg, width, height] of one map.
    @returns {[svg: string, wide: number, high: number]} */
const drawing = ({ title, note: told, fig: { data: [{ z, zmin, zmax, colorscale, text, x, y, colorbar }], layout } }) => {
  const scale = colorscale[0][1].includes("div") ? "div" : "seq", table = colourTable(scale), ink = css("--text"), soft = css("--text-2");
  const named = axis => (axis === "x" ? x : y).map((_, i) => layout[`${axis}axis`].ticktext[layout[`${axis}axis`].tickvals.indexOf(i)] ?? "");
  const columns = named("x").map(each => each.split(" | ").map(glyph).join("|")), rows = named("y").map(glyph);
  const [note] = told.split("; a press");              // a file has nothing to press
  const widest = names => Math.max(...names.map(each => each.length)) * 7;
  const W = Math.max(text ? 44 : 20, widest(columns) + 6), L = Math.max(widest(rows), widest([layout.yaxis.title.text]) + 14) + 14;
  const bottom = TOP + y.length * H, parts = [word(8, 20, title, "start", ink, `font-weight="bold"`), word(8, 38, note, "start", soft)];
  z.forEach((row, r) => row.forEach((value, c) => {
    const colour = value === null ? null : table[Math.round(Math.max(0, Math.min(1, (value - zmin) / (zmax - zmin))) * (STEPS - 1))];
    parts.push(rect(L + c * W, TOP + r * H, W - 1, H - 1, colour === null ? css("--mask") : cssColour(colour)));
    parts.push(word(L + (c + .5) * W, TOP + r * H + 16, minus(glyph(text?.[r][c])) || (value === null ? "–" : ""), "middle", colour === null ? ink : inkOn(colour)));
  }));
  rows.forEach((each, r) => parts.push(word(L - 6, TOP + r * H + 16, each, "end", ink)));
  columns.forEach((each, c) => parts.push(word(L + (c + .5) * W, bottom + 15, each, "middle", ink)));
  parts.push(word(L - 6, bottom + 15, `${layout.yaxis.title.text} ↓`, "end", soft), word(L, bottom + 33, `${layout.xaxis.title.text} →`, "start", soft));
  for (let i = 0; i < 50; i++) parts.push(rect(L + i * 3, bottom + 44, 3.2, 8, cssColour(table[Math.round(i / 49 * (STEPS - 1))])));
  parts.push(word(L, bottom + 66, num(zmin, 2), "start", soft), word(L + 150, bottom + 66, num(zmax, 2), "end", soft));
  parts.push(word(L + 160, bottom + 53, colorbar.title.text, "start", soft));
  return [parts.join(""), Math.max(L + x.length * W + 8, 16 + 6.4 * note.length, 420), bottom + 84];
};

/** Save the maps, below one another with a line on what they rest on, as "svg" or "png"; and the Plotly chart, where
    there is one, as a second file. */
export const saveFound = (maps, chart, basis, kind, name) => {
  let high = 0, wide = 0;
  const parts = maps.map(map => {
    const [svg, w, h] = drawing(map), part = `<g transform="translate(0,${high})">${svg}</g>`;
    high += h;
    wide = Math.max(wide, w);
    return part;
  });
  parts.push(word(8, high + 8, basis, "start", css("--text-2"), `font-size="11"`));
  high += 24;
  wide = Math.max(wide, 16 + 5.8 * basis.length);
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${wide}" height="${high}" font-family="sans-serif" font-size="12">`;
  if (maps.length) savePicture([`${head}${rect(0, 0, wide, high, css("--page"))}${parts.join("")}</svg>`, wide, high], kind, name);
  const draw = () => window.Plotly.downloadImage({ data: chart.data, layout: { ...chart.layout, paper_bgcolor: css("--page") } },
    { format: kind, width: chart.clientWidth, height: chart.clientHeight, scale: kind === "png" ? 2 : 1, filename: `${name}${maps.length ? "-chart" : ""}` });
  if (chart && window.Plotly) setTimeout(draw, maps.length ? 300 : 0);   // browsers take two downloads at once for one
};
