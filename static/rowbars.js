/* The selected row as bars under the map, on the map's own key axis, and the sentence that reads it. */
const HIGH = 56;                                                       // px for weight 1

pg.rowbars = (host, map) => {
  host.innerHTML = `<div class="bars" aria-hidden="true"><div class="masks"></div><div class="is"></div><span class="axt v"></span><span class="axt v"></span><span class="axt unseen"></span></div><p class="axt read"></p>`;
  const $ = name => host.querySelector(name);
  const values = [...host.querySelectorAll(".v")], sentence = $(".read");
  let laid = "", last = null;

  /** Runs of masked keys as [first, after] pairs: one grey box each. */
  const runs = row => row.reduce((all, w, key) => {
    if (w === null) all.at(-1)?.[1] === key ? all.at(-1)[1]++ : all.push([key, key + 1]);
    return all;
  }, []);

  /** Bars stand where the map's columns stand. Their height is a transform, so that a frame moves nothing in the layout. */
  const lay = (side, S) => {
    if (laid === `${side} ${S}`) return;
    laid = `${side} ${S}`;
    const gap = side > 5 ? 1 : 0;
    $(".bars").style.width = `${side * S}px`;
    $(".is").innerHTML = Array.from({ length: S }, (_, key) => `<i style="left:${key * side + gap}px;width:${side - 2 * gap}px"></i>`).join("");
  };
  const draw = (frame, { layer, head, query }) => {
    last = [frame, { layer, head, query }];
    const side = map.side, row = frame.row(layer, head, query), top = pg.largest(row), masked = runs(row);
    if (!side) return;
    lay(side, frame.S);
    [...$(".is").children].forEach((bar, key) => { bar.style.transform = `scaleY(${row[key] === null ? 0 : Math.max(1 / HIGH, row[key]).toFixed(4)})`; });
    const boxes = masked.map(([a, b]) => `<i style="left:${a * side}px;width:${(b - a) * side}px"></i>`).join("");
    if ($(".masks").shown !== boxes) $(".masks").innerHTML = $(".masks").shown = boxes;
    const wide = masked.find(([a, b]) => (b - a) * side > 72), unseen = $(".unseen");
    unseen.hidden = !wide;
    if (wide) {
      pg.set(unseen, frame.self && wide[0] > query ? "not yet seen" : "masked");
      unseen.style.left = `${wide[1] * side - 4}px`;
    }
    values.forEach((node, i) => {                                    // the two largest carry their number, beside the bar
      const key = top[i], w = row[key];
      node.hidden = key === undefined || w < 0.08;
      if (node.hidden) return;
      pg.set(node, pg.weight(w));
      const right = (key + 1) * side + 4, fits = right + 26 < side * frame.S && row[key + 1] !== undefined && (row[key + 1] ?? 0) < w / 2;
      node.style.transform = `translate(${fits ? right : key * side - 28}px, ${-Math.max(1, Math.min(44, w * HIGH - 12))}px)`;
      if (i && Math.abs(key - top[0]) * side < 34 && Math.abs(w - row[top[0]]) * HIGH < 12) node.hidden = true;
    });
    const query_ = `<b class="mono">${pg.esc(pg.glyph(frame.queries[query]))}</b>`, guess = frame.predicted[query];
    const predicts = guess ? ` The model predicts <b class="mono">${pg.esc(pg.glyph(guess[0]))}</b> at ${guess[1].toFixed(2)}.` : "";
    const text = top.length ? `Row ${query}, ${query_}: weight on each ${frame.self ? "key" : "source token"}, 0 to 1.${predicts} <kbd>↑</kbd> <kbd>↓</kbd>`
      : `Row ${query}, ${query_}: nothing may be looked at from here.`;
    if (sentence.shown !== text) sentence.innerHTML = sentence.shown = text;
  };
  host.resized = () => last && draw(...last);
  return { draw };
};
