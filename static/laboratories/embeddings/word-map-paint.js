/* What a map of words is painted with: colours of classes, dots, lines to the neighbours, labels. */
import { cssValue } from "../../core/colours.js";
import { num } from "../../core/numbers.js";
import { esc } from "../../core/text.js";
import { isDark } from "../../core/theme.js";
import { placeLabels } from "./word-map-labels.js";
/** @import { Json } from "../../core/values.js" */

const LABEL = () => `11px ${cssValue("--sans")}`, STRONG = () => `600 12px ${cssValue("--sans")}`;
let /** @type {Json} */ palette = null;

/** The theme's colours of `n` classes and of what else a map has. */
export const wordColours = n => {
  const key = `${n} ${isDark()}`;
  if (palette?.key === key) return palette;
  const classes = Array.from({ length: n }, (_, i) => cssValue(`--cat-${i % 16}`));
  return palette = { key, classes, none: cssValue("--text-3"), edge: cssValue("--cat-edge"), line: cssValue("--line"), text: cssValue("--text"), soft: cssValue("--text-2"),
    page: cssValue("--page"), accent: cssValue("--accent"), label: LABEL(), strong: STRONG() };
};
export const shareText = share => share === undefined ? "" : `, ${(100 * share).toFixed(0)} % of the variance`;

/** The card of a word: class, count, place. */
export const wordCard = ({ words, counts, classes, names, xy }, i) => {
  const kind = classes[i] >= 0 ? `${esc(names[classes[i]])} · ` : "", sign = x => num(x.toFixed(2) === "-0.00" ? 0 : Number(x.toFixed(2)));
  return `<b>${esc(words[i])}</b><br><span class="muted">${kind}${num(counts[i])} times · at ${sign(xy[2 * i])}, ${sign(xy[2 * i + 1])}</span>`;
};

/** The nearest place in a direction, within 60 degrees of it; -1 for none. */
export const towards = (places, from, [dx, dy]) => {
  if (from < 0) return 0;
  const [x, y] = places[from];
  let best = -1, closest = Infinity;
  places.forEach(([px, py], i) => {
    const along = (px - x) * dx + (py - y) * dy, apart = Math.hypot(px - x, py - y);
    if (i !== from && along > 0 && along > apart / 2 && apart < closest) [best, closest] = [i, apart];
  });
  return best;
};

const TIGHT = 0.5;                                     // of the spread of all words: a class that is wider has no name on it yet
const middles = ({ words, classes, names, xy }) => {
  const whole = Math.sqrt(xy.reduce((sum, each) => sum + each ** 2, 0) / words.length);
  return names.map((name, c) => {
  const members = classes.flatMap((own, i) => own === c ? [i] : []);
  const mean = axis => members.reduce((sum, i) => sum + xy[2 * i + axis], 0) / members.length, [x, y] = [mean(0), mean(1)];
  const spread = Math.sqrt(members.reduce((sum, i) => sum + (xy[2 * i] - x) ** 2 + (xy[2 * i + 1] - y) ** 2, 0) / members.length);
    return { name, c, members, tight: members.length > 2 && spread < TIGHT * whole };
  });
};

export const paintWords = (context, { frame, places, hover, width, height, shown, colours }) => {
  const { words, classes, at, near, match } = frame, dim = i => match && !match.has(i);
  const dot = (i, radius) => {
    context.globalAlpha = dim(i) ? .18 : 1;
    context.beginPath();
    context.arc(...places[i], radius, 0, 7);
    context.fillStyle = classes[i] >= 0 ? colours.classes[classes[i]] : colours.none;
    context.fill();
    context.strokeStyle = colours.edge;
    context.lineWidth = 1;
    context.stroke();
    context.globalAlpha = 1;
  };
  if (at >= 0) near.forEach(i => {
    context.strokeStyle = colours.accent;
    context.lineWidth = 1.2;
    context.beginPath();
    context.moveTo(...places[at]);
    context.lineTo(...places[i]);
    context.stroke();
  });
  const small = words.length > 250 ? 2.5 : 4;
  for (let i = words.length - 1; i >= 0; i--) dot(i, classes[i] >= 0 || small < 4 ? small : 3);
  if (at >= 0) {
    dot(at, 5.5);
    context.strokeStyle = colours.accent;
    context.lineWidth = 2.5;
    context.beginPath();
    context.arc(...places[at], 8, 0, 7);
    context.stroke();
  }
  const word = (i, must) => ({ id: i, text: words[i], font: i === at ? colours.strong : colours.label, x: places[i][0], y: places[i][1], must });
  const wanted = at >= 0 ? [word(at, true)] : [];
  if (hover >= 0 && hover !== at) wanted.push(word(hover, true));
  for (const { name, c, tight, members } of middles(frame)) {
    if (!tight) continue;
    const x = members.reduce((sum, i) => sum + places[i][0], 0) / members.length;
    const top = Math.min(...members.map(i => places[i][1])) - 14;
    wanted.push({ id: `class ${c}`, text: name, font: colours.strong, x, y: top, must: true, middle: true, c });
  }
  near.forEach(i => wanted.push(word(i, true)));
  const taken = new Set([at, hover, ...near]);
  words.forEach((_, i) => { if (!taken.has(i) && !dim(i)) wanted.push(word(i, !!match)); });
  const inside = wanted.filter(({ x, y }) => x > -40 && y > -20 && x < width + 40 && y < height + 20);
  Object.assign(context, { textBaseline: "middle", textAlign: "left", lineJoin: "round" });
  for (const { text, font, x, y, c, id } of placeLabels(context, inside, shown, width, height - 2)) {
    context.font = font;
    Object.assign(context, { strokeStyle: colours.page, lineWidth: 3 });
    context.strokeText(text, x, y);
    context.fillStyle = c !== undefined ? colours.text : id === at ? colours.accent : colours.soft;
    context.fillText(text, x, y);
    if (c === undefined) continue;
    context.fillStyle = colours.classes[c];            // the legend, in place: a bar of the class's colour under its name
    context.fillRect(x, y + 8, context.measureText(text).width, 3);
  }
};
