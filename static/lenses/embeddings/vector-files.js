/* A plane as SVG or PNG in the page's colours, and vectors as the two files of the TensorFlow Embedding Projector. */
import { saveBlob, savePicture } from "../../core/files.js";
import { esc } from "../../core/text.js";

const STYLES = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "font-size", "font-weight", "visibility", "opacity", "paint-order", "text-anchor"];

/** @type {(svg: SVGElement, title: string) => [svg: string, wide: number, high: number]} */
const copied = (svg, title) => {
  const [, , wide, high] = (svg.getAttribute("viewBox") ?? "").split(" ").map(Number), copy = /** @type {SVGElement} */ (svg.cloneNode(true));
  const [from, to] = [svg, copy].map(node => [...node.querySelectorAll("line, polyline, circle, text")]);
  from.forEach((node, i) => {
    const style = getComputedStyle(node);
    to[i].setAttribute("style", STYLES.map(name => `${name}:${style.getPropertyValue(name)}`).join(";"));
  });
  const body = getComputedStyle(document.body), ink = body.getPropertyValue("--text").trim(), page = body.getPropertyValue("--page").trim();
  const text = `<svg xmlns="http://www.w3.org/2000/svg" width="${wide}" height="${high + 28}" viewBox="0 -28 ${wide} ${high + 28}" font-family="sans-serif">
    <rect y="-28" width="${wide}" height="${high + 28}" fill="${page}"/><text x="46" y="-9" fill="${ink}" font-size="14">${esc(title)}</text>${copy.innerHTML}</svg>`;
  return [text, wide, high + 28];
};

/** Save the svg of a plane as "svg" or "png". */
export const savePlane = (svg, kind, name) => {
  if (svg.getAttribute("viewBox")) savePicture(copied(svg, name.replaceAll("-", " ")), kind, name);
};

/** { name, vectors, metadata } -> vectors and metadata as files. */
export const saveVectors = ({ name, vectors, metadata }) => {
  const save = (text, part) => saveBlob(new Blob([text], { type: "text/tab-separated-values" }), `${name}-${part}.tsv`);
  save(vectors, "vectors");
  setTimeout(() => save(metadata, "metadata"), 300);   // browsers take two downloads at once for one
};
