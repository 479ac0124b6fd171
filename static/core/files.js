/* Files from what is on the screen: pictures as PNG or SVG, tables as CSV. */
const save = (href, download) => {
  const link = Object.assign(document.createElement("a"), { href, download });
  document.body.append(link);
  link.click();
  link.remove();
};

/** Save a file that Gradio serves: its {url, orig_name}; null where there is none. */
export const saveFile = file => { if (file?.url) save(file.url, file.orig_name || "run.safetensors"); };

export const saveBlob = (blob, name) => {
  const href = URL.createObjectURL(blob);
  save(href, name);
  setTimeout(() => URL.revokeObjectURL(href), 1000);
};

/** [svg, width, height] -> a file of the kind "svg" or "png" (at twice the size). */
export const savePicture = ([svg, wide, high], kind, name) => {
  if (kind === "svg") return saveBlob(new Blob([svg], { type: "image/svg+xml" }), `${name}.svg`);
  const image = new Image();
  image.onload = () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 2 * wide, height: 2 * high });
    canvas.getContext("2d").drawImage(image, 0, 0, 2 * wide, 2 * high);
    canvas.toBlob(blob => saveBlob(blob, `${name}.png`));
  };
  image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
};

/** Rows of cells -> a CSV file. A text that a spreadsheet would run as a formula gets an apostrophe in front. */
export const saveCsv = (rows, name) => {
  const field = cell => {
    let text = cell === null || cell === undefined ? "" : String(cell);
    if (typeof cell !== "number" && /^[=+@\t\r]|^-(?!\d)/.test(text)) text = "'" + text;
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  saveBlob(new Blob([rows.map(row => row.map(field).join(",")).join("\n") + "\n"], { type: "text/csv" }), `${name}.csv`);
};
