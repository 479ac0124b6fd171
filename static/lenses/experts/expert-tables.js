/* The numbers of the Experts lens: measures, arithmetic, specialisation, devices, and the worth of each expert. */
import { colourTable, cssColour, inkOn } from "../../core/colours.js";
import { num } from "../../core/numbers.js";
import { esc, setHtml, setText } from "../../core/text.js";
import { drawMeasures } from "../../charts/measures.js";
import { byteOf } from "../../charts/weights.js";
import { expertColour } from "./expert-load.js";

const share = (value, text) => {
  if (value === null) return `<td class="h"><span>–</span></td>`;
  const colour = colourTable()[byteOf(value)];
  return `<td class="h"><span style="background:${cssColour(colour)};color:${inkOn(colour)}">${text}</span></td>`;
};
const named = e => `<i class="sw" style="background:${expertColour(e)}"></i><b>E${e}</b>`;

export const expertTables = (root, { costs, select }) => {
  const $ = name => root.querySelector(name);
  const sums = found => setHtml($(".eq"), found.map(([name, html]) => `<div class="l"><span>${name}</span><span>${html}</span></div>`).join(""));
  const special = ({ by, labels, rows }) => {
    setText($(".by"), `share of each expert’s slots, by ${by} of the token`);
    const head = `<tr><th class="left">expert</th>${labels.map(name => `<th class="mid">${esc(name)}</th>`).join("")}<th>slots</th><th class="left">mostly</th></tr>`;
    const body = rows.map(([e, ...rest]) => {
      const shares = rest.slice(0, -2), [tokens, mostly] = rest.slice(-2);
      return `<tr><td class="left">${named(e)}</td>${shares.map(v => share(v, v === null ? "" : `${Math.round(100 * v)} %`)).join("")}<td>${num(tokens)}</td><td class="left">${esc(mostly)}</td></tr>`;
    }).join("");
    setHtml($(".special"), `<div class="table-box spec"><table><thead>${head}</thead><tbody>${body}</tbody></table></div>`);
  };
  const devices = found => {
    if (!found) return;
    const most = Math.max(...found.rows.map(row => row[2]), 1);
    setHtml($("[data-show=devices]"), `<div class="pt"><h2>Load per device</h2><span>experts in order, examples in order</span></div><p class="soft">${found.sentence}</p>
      <div class="devs">${found.rows.map(([d, which, n, part]) => `<div><b>Device ${d}</b><span class="muted">${which}</span><span class="rail"><i style="width:${100 * n / most}%"></i>
      <u style="left:${100 * found.uniform / most}%"></u></span><span>${num(n)} <small>${(100 * part).toFixed(1)} %</small></span></div>`).join("")}</div>`);
  };
  const worth = (found, frame) => {
    const where = $("[data-show=ablate]");
    const button = `<button class="b small" data-k="price">Measure every expert${found?.values ? " again" : ""}</button>`;
    if (!found?.values) return setHtml(where, `<div class="pt"><h2>Loss increase without each expert</h2></div><p class="soft">Removes one expert after another and evaluates the model:
      how much the loss rises is what the model loses without it.</p>${button}`);
    const colours = colourTable("div");
    const cell = (v, e, l) => {
      const colour = colours[Math.round(Math.max(-1, Math.min(1, v / found.top)) * 127 + 127)], sign = v < 0 ? "−" : "+";
      return `<td class="h"><button data-e="${e}" title="${found.names[l]} E${e}: ${sign}${Math.abs(v).toFixed(4)}"><span style="background:${cssColour(colour)};color:${inkOn(colour)}">${frame.experts <= 16 ? sign + Math.abs(v).toFixed(2) : ""}</span></button></td>`;
    };
    const head = `<tr><th class="left">layer</th>${found.values[0].map((_, e) => `<th class="mid">${frame.experts <= 16 || e % 8 === 0 || e === frame.expert ? `E${e}` : ""}</th>`).join("")}</tr>`;
    const body = found.values.map((row, l) => `<tr><td class="left"><b>${esc(found.names[l])}</b></td>${row.map((v, e) => cell(v, e, l)).join("")}</tr>`).join("");
    setHtml(where, `<div class="pt"><h2>Loss increase without each expert</h2><span class="grow"></span>${button}</div><p class="soft">${found.said} Rust: the loss rises by up to ${found.top}; teal: it falls.</p>
      <div class="table-box worth"><table><thead>${head}</thead><tbody>${body}</tbody></table></div>`);
  };
  $("[data-show=ablate]").addEventListener("click", event => {
    if (event.target.closest("[data-k=price]")) { event.target.closest("button").dataset.busy = ""; return costs(); }
    const cell = event.target.closest("[data-e]");
    if (cell) select(+cell.dataset.e);
  });
  return { draw(frame) {
    drawMeasures($(".meas"), frame.measures);
    sums(frame.sums);
    if (frame.special) special(frame.special);
    devices(frame.devices);
    worth(frame.costs, frame);
  } };
};
