/* Colour tables from the theme's tokens, and pictures painted with them. */
import { isDark } from "./theme.js";

/** @type {Record<string, Uint32Array>} */
const tables = {};                                     // of each scale in each theme

/** A css variable as the theme has it now. */
/** @param {string} name */
export const cssValue = name => getComputedStyle(document.body).getPropertyValue(name).trim();
/** A text with each "var(--line-1)" as the theme has it: neither Plotly, nor a canvas, nor a file reads css variables.
    @param {string} text */
export const resolved = text => text.replace(/var\((--[\w-]+)\)/g, (_, /** @type {string} */ name) => cssValue(name));

/** @typedef {[red: number, green: number, blue: number]} RGB */
/** @type {(name: string) => RGB} */
const rgb = name => {
  const hex = cssValue(name);
  const part = (/** @type {number} */ at) => parseInt(hex.slice(at, at + 2), 16);
  return [part(1), part(3), part(5)];
};
/** @type {(colour: RGB) => number} */
const pixel = ([red, green, blue]) => 0xff000000 | blue << 16 | green << 8 | red;    // little-endian RGBA

/** 256 packed pixels: 0 to 254 run through the eleven tokens --seq-0 ... --seq-10 (or --div-), 255 is the mask. "signed" is
    --div- with a darker mask: beside its paper, which is zero, the usual one could not be told apart. */
export const colourTable = (scale = "seq") => {
  const name = `${scale} ${isDark()}`;
  if (tables[name]) return tables[name];
  const [tokens, mask] = scale === "signed" ? ["div", "--line-strong"] : [scale, "--mask"];
  const stops = Array.from({ length: 11 }, (_, i) => rgb(`--${tokens}-${i}`));
  const table = new Uint32Array(256);
  for (let i = 0; i < 255; i++) {
    const at = i / 254 * 10, low = Math.min(9, Math.floor(at));
    const between = (/** @type {0 | 1 | 2} */ k) => Math.round(stops[low][k] + (stops[low + 1][k] - stops[low][k]) * (at - low));
    table[i] = pixel([between(0), between(1), between(2)]);
  }
  table[255] = pixel(rgb(mask));
  return tables[name] = table;
};

/** A scale as the background of a legend.
    @param {string} scale */
export const rampOf = scale => `linear-gradient(to right,${Array.from({ length: 11 }, (_, i) => `var(--${scale}-${i})`).join(",")})`;

/** @param {HTMLCanvasElement} canvas of ours, which has no context of another kind */
export const penOf = canvas => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));

/** Paint w x h bytes, row by row from `offset`, one canvas pixel each; css scales it up.
    @type {(canvas: HTMLCanvasElement, bytes: Uint8Array, offset: number, w: number, h: number, table?: Uint32Array) => void} */
export const paintCells = (canvas, bytes, offset, w, h, table = colourTable()) => {
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const context = penOf(canvas), image = context.createImageData(w, h);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < w * h; i++) pixels[i] = table[bytes[offset + i]];
  context.putImageData(image, 0, 0);
};

/** base64 -> bytes. A frame of 144 heads is 590 kB: built into the browser where it is new enough, else a plain loop,
    ten times faster than `Uint8Array.from(text, function)`.
    @type {(text: string) => Uint8Array<ArrayBuffer>} */
export const bytesOf = Uint8Array.fromBase64?.bind(Uint8Array) ?? (text => {
  const binary = atob(text), bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
});

/** Black or white, whichever reads better on a packed pixel: the two contrasts cross at relative luminance 0.18.
    @param {number} packed */
export const inkOn = packed => {
  const linear = (/** @type {number} */ shift) => {
    const c = (packed >> shift & 255) / 255;
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(0) + 0.7152 * linear(8) + 0.0722 * linear(16) > 0.18 ? "#000" : "#fff";
};
/** A packed pixel as css has it.
    @param {number} packed */
export const cssColour = packed => `rgb(${packed & 255} ${packed >> 8 & 255} ${packed >> 16 & 255})`;
