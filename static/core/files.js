/* Files from what is on the screen: pictures as PNG or SVG, tables as CSV. */
import { say } from "./announce.js";
import { penOf } from "./colours.js";

/** @type {(href: string, download: string) => void} */
const save = (href, download) => {
  const link = Object.assign(document.createElement("a"), { href, download });
  document.body.append(link);
  link.click();
  link.remove();
};

/** Save a file that Gradio serves: its {url, orig_name}; null where there is none.
    @param {{url?: string, orig_name?: string} | null | undefined} file */
export const saveFile = file => { if (file?.url) save(file.url, file.orig_name || "run.safetensors"); };

/** @type {(blob: Blob, name: string) => void} */
export const saveBlob = (blob, name) => {
  const href = URL.createObjectURL(blob);
  save(href, name);
  setTimeout(() => URL.revokeObjectURL(href), 1000);
};

/** A canvas that is larger than the browser can write gives no file, and that is said.
    @type {(canvas: HTMLCanvasElement, name: string) => void} */
export const savePng = (canvas, name) => canvas.toBlob(blob =>
  blob ? saveBlob(blob, `${name}.png`) : say("The picture is too large for a PNG. Take the SVG."));

/** [svg, width, height] -> a file of the kind "svg" or "png" (at twice the size).
    @type {(still: [svg: string, wide: number, high: number], kind: string, name: string) => void} */
export const savePicture = ([svg, wide, high], kind, name) => {
  if (kind === "svg") return saveBlob(new Blob([svg], { type: "image/svg+xml" }), `${name}.svg`);
  const image = new Image();
  image.onload = () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 2 * wide, height: 2 * high });
    penOf(canvas).drawImage(image, 0, 0, 2 * wide, 2 * high);
    savePng(canvas, name);
  };
  image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
};

/** Rows of cells -> a CSV file. A text that a spreadsheet would run as a formula gets an apostrophe in front.
    @type {(rows: unknown[][], name: string) => void} */
export const saveCsv = (rows, name) => {
  const field = (/** @type {unknown} */ cell) => {
    let text = cell === null || cell === undefined ? "" : String(cell);
    if (typeof cell !== "number" && /^[=+@\t\r]|^-(?!\d)/.test(text)) text = "'" + text;
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  saveBlob(new Blob([rows.map(row => row.map(field).join(",")).join("\n") + "\n"], { type: "text/csv" }), `${name}.csv`);
};
