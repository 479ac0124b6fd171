/* What a chart draws: lines, areas, dots and boxes in px, on a canvas of the page, where twenty curves of a thousand points
   are redrawn ten times a second, and as SVG in a file. */
import { penOf, resolved } from "../core/colours.js";

/** A line through `points` (x, y, x, y, ...; NaN leaves a gap), the area inside them, or dots of `radius` at them.
    @typedef {{points: number[], colour: string, width?: number, dash?: string, opacity?: number, radius?: number, area?: boolean}} Shape
    @typedef {{left: number, top: number, right: number, bottom: number}} Box */

const DASHES = { dot: [1.5, 3], dash: [6, 4] }, OUT = 5;                             // px beyond the box: half a dot
/** @type {(x1: number, y1: number, x2: number, y2: number, colour: string, more?: Partial<Shape>) => Shape} */
export const rule = (x1, y1, x2, y2, colour, more) => ({ points: [x1, y1, x2, y2], colour, width: 1.2, ...more });
/** @type {(x: number, y: number, w: number, h: number, colour: string) => Shape} */
export const block = (x, y, w, h, colour) => ({ points: [x, y, x + w, y, x + w, y + h, x, y + h], colour, area: true });

/** Calls move(x, y) and line(x, y) along the points. */
const along = (points, move, line) => {
  for (let i = 0, open = false; i < points.length; i += 2) {
    const gap = Number.isNaN(points[i + 1]);
    if (!gap) (open ? line : move)(points[i], points[i + 1]);
    open = !gap;
  }
};

/** Draw shapes on a canvas of w x h css px, cut to the box.
    @type {(canvas: HTMLCanvasElement, shapes: Shape[], w: number, h: number, box: Box) => void} */
export const paintShapes = (canvas, shapes, w, h, { left, top, right, bottom }) => {
  const scale = devicePixelRatio || 1, pen = penOf(canvas);
  canvas.width = Math.round(w * scale);                // also wipes the canvas
  canvas.height = Math.round(h * scale);
  pen.scale(scale, scale);
  pen.beginPath();
  pen.rect(left - OUT, top - OUT, right - left + 2 * OUT, bottom - top + OUT + 1);
  pen.clip();
  pen.lineJoin = "round";
  for (const { points, colour, width = 1.8, dash, opacity = 1, radius = 0, area } of shapes) {
    pen.globalAlpha = opacity;
    pen.strokeStyle = pen.fillStyle = resolved(colour);
    pen.lineWidth = width;
    pen.setLineDash(dash ? DASHES[dash] : []);
    pen.beginPath();
    const dot = (x, y) => { pen.moveTo(x + radius, y); pen.arc(x, y, radius, 0, 2 * Math.PI); };
    radius ? along(points, dot, dot) : along(points, (x, y) => pen.moveTo(x, y), (x, y) => pen.lineTo(x, y));
    radius || area ? pen.fill() : pen.stroke();
  }
};

const short = px => Math.round(px * 10) / 10;
/** The same as SVG.
    @type {(shapes: Shape[], box: Box) => string} */
export const svgShapes = (shapes, { left, top, right, bottom }) => {
  const [x, y, w, h] = [left - OUT, top - OUT, right - left + 2 * OUT, bottom - top + OUT + 1].map(short);
  const markup = shapes.map(({ points, colour, width = 1.8, dash, opacity, radius = 0, area }) => {
    let d = "";
    const dot = (x, y) => { d += `M${short(x - radius)} ${short(y)}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0`; };
    radius ? along(points, dot, dot) : along(points, (x, y) => { d += `M${short(x)} ${short(y)}`; }, (x, y) => { d += `L${short(x)} ${short(y)}`; });
    const faint = opacity ? ` opacity="${opacity}"` : "", dashed = dash ? ` stroke-dasharray="${DASHES[dash].join(" ")}"` : "";
    return radius || area ? `<path d="${d}${area ? "Z" : ""}" fill="${colour}"${faint}/>`
      : `<path d="${d}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linejoin="round"${faint}${dashed}/>`;
  });
  return `<svg x="${x}" y="${y}" width="${w}" height="${h}" viewBox="${x} ${y} ${w} ${h}">${markup.join("")}</svg>`;
};
