/* A head that was pinned stays beside the selected one, small, with the same row marked, to compare the two. */
pg.pinned = (host, { unpin, choose }) => {
  host.innerHTML = `<div class="pt"><h3></h3><span class="role"></span><span class="grow"></span><button class="b small quiet swap">Select</button><button class="b small quiet off">Unpin</button></div>
    <div class="well"><canvas role="img"></canvas><div class="sel"></div></div><p class="axt"></p>`;
  const $ = name => host.querySelector(name);
  $(".off").addEventListener("click", unpin);
  $(".swap").addEventListener("click", choose);
  return { draw(frame, pin, { query }) {
    host.hidden = !pin;
    if (!pin) return;
    const [layer, head] = pin, info = frame.info[layer * frame.heads + head], row = frame.row(layer, head, query), first = pg.largest(row)[0];
    pg.set($("h3"), `L${layer} H${head}, pinned`);
    pg.set($(".role"), [info?.role, info?.score?.toFixed(2)].filter(Boolean).join(" "));
    $(".well").style.aspectRatio = `${frame.S}/${frame.T}`;
    pg.paint($("canvas"), ...frame.picture(layer, head), frame.S, frame.T);
    Object.assign($(".sel").style, { top: `${query / frame.T * 100}%`, height: `${100 / frame.T}%` });
    const text = first === undefined ? `Row ${query} sees nothing.` : `Row ${query}: most on ${pg.glyph(frame.keys[first])} (${first}), ${pg.weight(row[first])}.`;
    pg.set($(".axt"), text);
    $("canvas").setAttribute("aria-label", `Weights of L${layer} H${head}. ${text}`);
  } };
};
