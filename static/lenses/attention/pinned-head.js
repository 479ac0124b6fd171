/* A head that was pinned stays beside the selected one, small, with the same row marked, to compare the two. */
const HTML = `<div class="pt"><h3></h3><span class="role"></span><span class="grow"></span>
    <button class="b small quiet" data-p="select">Select</button><button class="b small quiet" data-p="unpin">Unpin</button></div>
  <div class="well"><canvas role="img"></canvas><div class="sel"></div></div><p class="axt"></p>`;

pg.pinned = (host, { unpin, choose }) => {
  host.innerHTML = HTML;
  const $ = name => host.querySelector(name);
  $("[data-p=unpin]").addEventListener("click", unpin);
  $("[data-p=select]").addEventListener("click", choose);

  /** What the pinned head does at the selected row. */
  const sentence = (frame, [layer, head], query) => {
    const row = frame.row(layer, head, query), first = pg.largest(row)[0];
    if (first === undefined) return `Row ${query} sees nothing.`;
    return `Row ${query}: most on ${pg.glyph(frame.keys[first])} (${first}), ${pg.weight(row[first])}.`;
  };
  return { draw(frame, pin, { query }) {
    host.hidden = !pin;
    if (!pin) return;
    const [layer, head] = pin, text = sentence(frame, pin, query);
    pg.set($("h3"), `L${layer} H${head}, pinned`);
    pg.set($(".role"), pg.roleText(frame.info[layer * frame.heads + head]));
    $(".well").style.aspectRatio = `${frame.S}/${frame.T}`;
    pg.paint($("canvas"), ...frame.picture(layer, head), frame.S, frame.T, frame.scale.table());
    Object.assign($(".sel").style, { top: `${query / frame.T * 100}%`, height: `${100 / frame.T}%` });
    pg.set($(".axt"), text);
    $("canvas").setAttribute("aria-label", `Weights of L${layer} H${head}. ${text}`);
  } };
};
