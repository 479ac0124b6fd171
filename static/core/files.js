/* Files from what is on the screen: pictures as PNG or SVG, tables as CSV. */
import { say } from "./announce.js";
import { penOf, resolved } from "./colours.js";

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

/** Save { markup, w, h }, what stands in an SVG of w x h px, as "svg" or as "png" (at twice the size), on the page's paper
    and in the theme's colours.
    @type {(picture: {markup: string, w: number, h: number}, kind: string, name: string) => void} */
export const savePicture = ({ markup, w, h }, kind, name) => {
  const svg = resolved(`<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" font-family="sans-serif"
    font-size="12" fill="var(--text)"><rect width="${w}" height="${h}" fill="var(--page)"/>${markup}</svg>`);
  if (kind === "svg") return saveBlob(new Blob([svg], { type: "image/svg+xml" }), `${name}.svg`);
  const image = new Image(), canvas = Object.assign(document.createElement("canvas"), { width: 2 * w, height: 2 * h });
  image.onload = () => {
    penOf(canvas).drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob(blob => blob ? saveBlob(blob, `${name}.png`) : say("The picture is too large for a PNG. Take the SVG."));
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
