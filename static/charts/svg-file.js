/* Pictures made of SVG as files: the theme's colours are written into a copy, and a PNG is that copy drawn twice as large. */
import { penOf } from "../core/colours.js";
import { saveBlob, savePng } from "../core/files.js";
import { esc } from "../core/text.js";
import { menu } from "../controls/choice.js";

const PARTS = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-size", "font-weight", "font-family"];

/** A copy of an SVG that needs no style sheet.
    @typedef {{markup: string, w: number, h: number}} Still
    @type {(svg: SVGElement, w: number, h: number) => Still} */
export const stillOf = (svg, w, h) => {
  const copy = /** @type {SVGElement} */ (svg.cloneNode(true)), from = [svg, ...svg.querySelectorAll("*")], to = [copy, ...copy.querySelectorAll("*")];
  from.forEach((node, i) => {
    const style = getComputedStyle(node);
    to[i].setAttribute("style", PARTS.map(part => `${part}:${style.getPropertyValue(part)}`).join(";"));
  });
  Object.entries({ xmlns: "http://www.w3.org/2000/svg", width: w, height: h }).forEach(([key, text]) => copy.setAttribute(key, String(text)));
  return { markup: copy.outerHTML, w, h };
};
/** Dials side by side, each with its words below. */
export const stillRow = host => {
  const side = 140, dials = [...host.children], ink = getComputedStyle(host).color;
  const one = (button, i) => {
    const { markup } = stillOf(button.querySelector("svg"), side - 10, side - 10), [first, second] = button.innerText.split("\n");
    return `<g transform="translate(${i * side + 5} 5)">${markup}<text x="2" y="${side + 4}">${esc(first)}</text>
      <text x="2" y="${side + 20}">${esc(second ?? "")}</text></g>`;
  };
  const [w, h] = [side * dials.length, side + 36];
  return { w, h, markup: `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" font-family="sans-serif"
    font-size="12" fill="${ink}">${dials.map(one).join("")}</svg>` };
};

const paper = () => getComputedStyle(document.body).getPropertyValue("--surface").trim();
const toPng = ({ markup, w, h }, name) => {
  const picture = new Image(), canvas = Object.assign(document.createElement("canvas"), { width: 2 * w, height: 2 * h });
  picture.onload = () => {
    const context = penOf(canvas);
    context.fillStyle = paper();
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    savePng(canvas, name);
  };
  picture.src = `data:image/svg+xml,${encodeURIComponent(markup)}`;
};

/** An Export menu: PNG and SVG of what `still()` gives, and other entries [[label, act]].
    @type {(host: HTMLElement, still: () => Still, name: string, others?: [label: string, act: () => void][]) => void} */
export const stillMenu = (host, still, name, others = []) => menu(host, "Export", "down", [
  ["PNG", () => toPng(still(), name)],
  ["SVG", () => saveBlob(new Blob([still().markup], { type: "image/svg+xml" }), `${name}.svg`)],
  ...others,
]);
