/* Weights written into the map's cells, where a cell is large enough to hold them (24 px). */
const LARGE = 24;

pg.cellNumbers = (canvas, frame, { layer, head }, side) => {
  canvas.hidden = side < LARGE;
  if (canvas.hidden) return;
  const scale = devicePixelRatio || 1, w = side * frame.S, h = side * frame.T, table = pg.colours();
  canvas.width = Math.round(w * scale);                               // also wipes the canvas
  canvas.height = Math.round(h * scale);
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  const font = `11px ${getComputedStyle(document.body).getPropertyValue("--sans")}`;
  Object.assign(context, { font, textAlign: "center", textBaseline: "middle" });
  for (let query = 0; query < frame.T; query++) for (let key = 0; key < frame.S; key++) {
    const weight = frame.weight(layer, head, query, key);
    if (weight === null || weight < 0.005) continue;
    context.fillStyle = pg.inkOn(table[pg.byteOf(weight)]);
    context.fillText(weight > 0.995 ? "1" : weight.toFixed(2).slice(1), (key + 0.5) * side, (query + 0.5) * side + 0.5);
  }
};
