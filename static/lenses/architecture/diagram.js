/* The picture of a model as SVG text, from what Python tells of its blocks: one column a stack, the residual stream as its
   spine, blocks that read it and add to it on the right, repeated layers in a frame. */
import { num } from "../../core/numbers.js";
import { esc } from "../../core/text.js";
import { END, SOFT, BOLD, svgText } from "../../charts/svg-file.js";
/** @import { Json } from "../../core/values.js" */

const WIDE = 304, GAP = 40, SPINE = 14, INDENT = 40, TALL = 58, LOW = 24, SPACE = 12, FRAME = 12, HEAD = 44, LETTER = 6.1;
const COLOURS = { tokens: 5, positions: 3, attention: 0, cross_attention: 2, feed_forward: 1, experts: 4, head: 5 };

const cut = (text, width) => text.length * LETTER <= width ? text : `${text.slice(0, Math.floor(width / LETTER) - 1)}…`;
const span = values => {
  const texts = values.map(value => num(value, 2));
  return texts.length > 3 ? `${texts[0]} … ${texts.at(-1)}` : texts.join(", ");
};

/** What is measured at a block, over the layers that it stands for, in a few words; "" for nothing. */
export const measured = (live, block, group) => {
  const [stack, layer, ...part] = block.id.split("."), first = group.layers[0];
  const all = group.layers.map(each => live[[stack, each + Number(layer) - first, ...part].join(".")]).filter(Boolean);
  const of = name => all.map(each => each[name]).filter(value => value !== undefined);
  return [of("added").length ? `adds a norm of ${span(of("added"))}` : "", of("largest").length ? `largest load ${span(of("largest"))} × mean` : "",
    of("dropped").some(share => share > 0) ? `${span(of("dropped").map(share => 100 * share))} % dropped` : ""].filter(Boolean).join(", ");
};

/** Where everything stands: { boxes: [{ block, group, x, y, w, h, spine }], frames, columns, w, h }. Columns stand side
    by side where there is room, else below one another.
    @type {(columns: Json[], width: number) => Json} */
export const placed = (columns, width) => {
  const beside = columns.length * (WIDE + GAP) - GAP <= width, wide = Math.min(WIDE, width - 2);
  const boxes = [], frames = [], heads = [];
  let left = 1, top = 0, most = 0;
  for (const column of columns) {
    let y = top + HEAD;
    heads.push({ column, x: left, y: top, end: 0, w: wide });
    for (const group of column.groups) {
      const framed = group.layers.length > 0, from = y;
      if (framed) y += FRAME + 14;
      for (const layer of group.blocks) for (const block of layer) {
        const low = block.kind === "norm", inside = !!block.branch, h = low ? LOW : TALL;
        const x = left + (inside ? INDENT : 0) + (framed ? FRAME : 0);
        boxes.push({ block, group, x, y, w: wide - (x - left) - (framed ? FRAME : 0), h, spine: left + SPINE + (framed ? FRAME : 0) });
        y += h + SPACE;
      }
      if (framed) { frames.push({ group, x: left, y: from, w: wide, h: y - from }); y += SPACE; }
    }
    heads.at(-1).end = y - SPACE;
    most = Math.max(most, y);
    if (beside) left += wide + GAP; else top = y + GAP / 2;
  }
  return { boxes, frames, heads, beside, w: beside ? columns.length * (wide + GAP) - GAP + 2 : wide + 2, h: most + 8 };
};

const boxSvg = ({ block, group, x, y, w, h }, live, chosen) => {
  const low = block.kind === "norm", on = block.id === chosen, colour = COLOURS[block.kind];
  const stroke = on ? `stroke="var(--accent)" stroke-width="2.5"` : `stroke="var(--line-strong)"`;
  const bar = colour === undefined ? "" : `<rect x="${x}" y="${y + 6}" width="4" height="${h - 12}" rx="2" fill="var(--cat-${colour})"/>`;
  const count = block.parameters ? num(block.parameters) : "", room = w - 26 - LETTER * count.length;
  const lines = low ? [svgText(x + 14, y + 16, block.label, SOFT)]
    : [svgText(x + 14, y + 20, cut(block.label, room), BOLD), svgText(x + 14, y + 36, cut(block.note, w - 20), SOFT),
      svgText(x + 14, y + 51, cut(measured(live, block, group) || block.shape, w - 20), SOFT)];
  return `<g class="block" data-id="${esc(block.id)}" role="button" tabindex="${on ? 0 : -1}" aria-pressed="${on}">
    <rect x="${x}" y="${y}" width="${w}" height="${h}" rx="6" fill="var(--surface)" ${stroke}/>${bar}${lines.join("")}
    ${svgText(x + w - 10, y + (low ? 16 : 20), count, `${END} ${SOFT}`)}</g>`;
};

const line = (points, more = "") => `<path d="M${points.map(([x, y]) => `${x} ${y}`).join("L")}" fill="none" stroke="var(--text-3)" stroke-width="1.5" ${more}/>`;
const plus = (x, y) => `<circle cx="${x}" cy="${y}" r="7" fill="var(--surface)" stroke="var(--text-3)" stroke-width="1.5"/>${
  line([[x - 4, y], [x + 4, y]])}${line([[x, y - 4], [x, y + 4]])}`;

/** From the stream into the first box of a sublayer, through its boxes, and from the last one back. */
const branches = boxes => boxes.flatMap((box, i) => {
  const { branch } = box.block, before = boxes[i - 1], follows = before?.block.branch === branch, leave = box.y + box.h - 10;
  if (!branch) return [];
  const into = follows ? line([[box.x + 20, before.y + before.h], [box.x + 20, box.y]]) : line([[box.spine, box.y + 12], [box.x, box.y + 12]]);
  return boxes[i + 1]?.block.branch === branch ? [into] : [into, line([[box.x, leave], [box.spine, leave]]), plus(box.spine, leave)];
});

/** The encoder's last stream goes to every cross-attention. */
const crossings = ({ boxes, heads, beside }) => {
  const across = boxes.filter(({ block }) => block.kind === "cross_attention");
  if (!beside || !across.length) return "";
  const [from] = heads, x = from.x + from.w + GAP / 2, start = from.end - SPACE;
  return across.map(box => line([[from.x + SPINE, start], [x, start], [x, box.y + box.h / 2], [box.x, box.y + box.h / 2]], `stroke-dasharray="4 3"`)).join("");
};

/** @type {(columns: Json[], live: Json, width: number, chosen: string) => { markup: string, w: number, h: number, boxes: Json[] }} */
export const diagram = (columns, live, width, chosen) => {
  const at = placed(columns, width);
  const titles = at.heads.map(({ column, x, y }) => svgText(x, y + 14, column.title, `${BOLD} font-size="14"`) + svgText(x, y + 31, column.sees, SOFT));
  const spines = at.heads.flatMap(({ x, y, end }) => {
    const own = at.boxes.filter(box => box.x >= x && box.x < x + WIDE + GAP && box.y >= y && box.y <= end), inner = own.find(box => box.block.branch)?.spine ?? x + SPINE;
    return [line([[inner, y + HEAD], [inner, end]], `stroke-linecap="round"`)];
  });
  const frames = at.frames.map(({ group, x, y, w, h }) => {
    const n = group.layers.length, layer = group.blocks.length > 1 ? `${group.blocks.length} layers` : "layer", stack = group.blocks[0][0]?.id.split(".")[0];
    const norms = [live[`${stack}.${group.layers[0]}`]?.before, live[`${stack}.${group.layers.at(-1) + group.blocks.length - 1}`]?.after];
    const stream = norms.every(norm => norm !== undefined) ? `norm of the stream ${num(norms[0], 2)} → ${num(norms[1], 2)}` : "";
    return `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="10" fill="var(--sunken)" stroke="var(--line)"/>${
      svgText(x + FRAME + INDENT, y + 16, n > 1 ? `${layer} × ${n}` : layer, BOLD)}${svgText(x + w - FRAME, y + 16, stream, `${END} ${SOFT}`)}`;
  });
  const boxes = at.boxes.map(box => boxSvg(box, live, chosen));
  return { markup: [...frames, ...spines, crossings(at), ...branches(at.boxes), ...titles, ...boxes].join(""), w: at.w, h: at.h, boxes: at.boxes };
};
