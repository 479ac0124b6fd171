/* Labels of a map of words that do not collide. A label that was shown keeps its place in the order, so that it does not
   flicker while the words move. */
const HEIGHT = 13, GAP = 3, MOST = 70;
const wide = new Map();
const width = (context, text, font) => {
  const key = font + text;
  if (!wide.has(key)) {
    if (wide.size > 20_000) wide.clear();
    context.font = font;
    wide.set(key, context.measureText(text).width);
  }
  return wide.get(key);
};
const touches = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

/** `wanted`: [{id, text, font, x, y, must, middle}] in the order of importance, x and y of the dot in px. Returns the placed ones
    as {...wanted, x, y, w, h}, x the left edge. `shown` is a Set of ids that lives as long as the map. */
export const placeLabels = (context, wanted, shown, right, bottom) => {
  const placed = [], ids = new Set();
  const order = [...wanted.filter(each => each.must), ...wanted.filter(each => !each.must && shown.has(each.id)),
    ...wanted.filter(each => !each.must && !shown.has(each.id))];
  for (const each of order) {
    if (placed.length >= MOST && !each.must) break;
    const w = width(context, each.text, each.font), y = each.y - HEIGHT / 2;
    const places = each.middle ? [[each.x - w / 2, y], [each.x - w / 2, y - 16], [each.x - w / 2, y + 16]]
      : [[each.x + 7, y], [each.x - 7 - w, y], [each.x - w / 2, y - 11], [each.x - w / 2, y + 11]];
    const spot = places.map(([x, top]) => ({ x: x - GAP, y: top, w: w + 2 * GAP, h: HEIGHT }))
      .find(box => box.x >= 0 && box.y >= 0 && box.x + box.w <= right && box.y + box.h <= bottom
        && !placed.some(other => touches(box, other.box)));
    if (!spot) continue;
    placed.push({ ...each, x: spot.x + GAP, y: spot.y + HEIGHT / 2, box: spot });
    ids.add(each.id);
  }
  shown.clear();
  ids.forEach(id => shown.add(id));
  return placed;
};
