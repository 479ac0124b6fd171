/* The Export menu of a picture: as it is seen, and its numbers. */
import { saveCsv, savePicture } from "../core/files.js";
import { menu } from "./choice.js";
/** @import { Drawn } from "../core/mount.js"
    @import { Json } from "../core/values.js" */

/** `picture(kind)` -> { markup, w, h } (see files.js) and `rows()` -> lines of a CSV, or nothing while there is none; `name(kind)`
    of the file; `what`: a name for the picture; `of`: what it is of, where a lens has several; `more`: other entries
    [[label, act]].
    @type {(host: Drawn, of: {picture: (kind: string) => Json, rows?: () => unknown[][] | null, name: (kind: string) => string,
      what?: string, of?: string}, more?: [label: string, act: () => void][]) => void} */
export const exportMenu = (host, { picture, rows, name, what = "Picture", of = "" }, more = []) => {
  const save = kind => () => { const drawn = picture(kind); if (drawn) savePicture(drawn, kind, name(kind)); };
  const list = () => { const lines = rows?.(); if (lines) saveCsv(lines, name("csv")); };
  const numbers = rows ? [["Numbers as CSV", list]] : [];
  menu(host, "Export", "down", [[`${what} as PNG`, save("png")], [`${what} as SVG`, save("svg")], ...numbers, ...more]);
  if (of) host.querySelector("button").setAttribute("aria-label", `Export ${of}`);
};
