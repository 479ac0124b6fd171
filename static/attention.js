/* The attention lens: finding, tools, token strip, all heads, one head large. Holds the selection and passes frames on.
   A frame is drawn in the next animation frame; of several that arrive before it, only the newest is decoded and drawn. */
const HTML = `<div class="lens-head"><div><h1></h1><p></p></div></div><div class="tools"></div><div class="strip"></div>
  <div class="g2"><section class="col-all" aria-label="All heads"><div class="pt"><h2>All heads</h2><span data-t="shape"></span></div>
      <div class="pic mosaic-box"><div class="mosaic" role="group" aria-label="All heads; arrows move, Enter selects"></div></div><div class="twin" data-t="heads"></div><div class="slot"></div></section>
    <section class="col-map"><div class="pt name"><h2></h2><span class="tag plain"></span><span class="grow"></span><button class="b small quiet" data-k="pin" aria-pressed="false">Pin</button><button class="b small" data-k="ablate">Ablate this head <kbd>A</kbd></button></div>
      <div class="pic mapbox"></div><div class="twin" data-t="rows"></div>
      <div class="find" role="status" hidden><div class="grow"><b></b><p class="muted"></p></div><button class="b small quiet" data-k="restore">Restore</button></div>
      <div class="pinned pic" hidden></div></section></div>`;

pg.attention = (element, props, trigger, watch) => {
  const root = pg.root(element);
  root.classList.add("attention");
  root.innerHTML = HTML;
  const $ = name => root.querySelector(name), read = pg.weights(), parse = pg.reader();
  const chosen = { layer: 0, head: 0, query: null, key: null, fixed: null };   // fixed: a key the visitor chose, else the row's largest
  let frame = null, newest = null, scheduled = false, server = "", asked = "", pin = null, asTable = false, seen = "";

  /* ---- parts ---- */
  const choose = (layer, head) => {
    if (!frame || layer >= frame.layers || head >= frame.heads) return;
    Object.assign(chosen, { layer, head });
    asked = `${layer},${head}`;
    show(false);                                                      // at once, from the 8-bit frame; the 16-bit one follows
    trigger("select", { layer, head });
  };
  const point = (query, key) => { Object.assign(chosen, { query, fixed: key }); show(false); };
  const busy = yes => {
    const button = $("[data-k=ablate]");
    clearTimeout(busy.timer);
    yes ? button.setAttribute("aria-busy", true) : button.removeAttribute("aria-busy");
    if (yes) busy.timer = setTimeout(busy, 5000);                     // the same result again changes nothing in the value
  };
  const ablate = (layer = chosen.layer, head = chosen.head) => {
    if (!frame) return;
    busy(true);
    trigger("ablate", { layer, head });
  };
  const showAs = table => { asTable = table; root.classList.toggle("as-table", table); tools.as(table); show(true); };
  const tools = pg.lensTools($(".tools"), {
    look: which => trigger("look", { which }), probe: what => trigger("probe", what), as: showAs,
    png: () => frame && pg.saveMapPng(frame, chosen), svg: () => frame && pg.saveMapSvg(frame, chosen), csv: () => frame && pg.saveMapCsv(frame, chosen),
  });
  const strip = pg.strip($(".strip"), { choose: i => frame.self ? point(i, null) : point(chosen.query, i) });
  const mosaic = pg.mosaic($(".mosaic"), { choose, ablate });
  const map = pg.map($(".mapbox"), { choose: point });
  const bars = pg.rowbars(map.under, map);
  const beside = pg.pinned($(".pinned"), { unpin: () => { pin = null; show(false); }, choose: () => choose(...pin) });
  const heads = pg.headTable($("[data-t=heads]")), rows = pg.rowTable($("[data-t=rows]"));
  pg.offerSlot("attention", $(".slot"));

  /* ---- drawing ---- */
  /** The server's selection counts when it changes, unless the visitor has pressed another head since. */
  const adopt = () => {
    const theirs = `${frame.layer},${frame.head}`;
    if (theirs !== server && (!asked || asked === theirs)) Object.assign(chosen, { layer: frame.layer, head: frame.head });
    if (asked === theirs) asked = "";
    server = theirs;
    chosen.layer = Math.min(chosen.layer, frame.layers - 1);
    chosen.head = Math.min(chosen.head, frame.heads - 1);
    if (seen !== frame.axes) { chosen.query = null; chosen.fixed = null; seen = frame.axes; }   // another probe: other rows
  };
  const settle = () => {
    chosen.query = Math.min(chosen.query ?? Math.round(0.7 * (frame.T - 1)), frame.T - 1);
    chosen.key = chosen.fixed !== null && chosen.fixed < frame.S ? chosen.fixed
      : pg.largest(frame.row(chosen.layer, chosen.head, chosen.query))[0] ?? Math.min(chosen.query, frame.S - 1);
  };
  const words = () => {
    const { layer, head } = chosen, info = frame.info[layer * frame.heads + head] || {}, result = frame.ablation;
    pg.set($("h1"), frame.finding?.title || "");
    pg.rich($(".lens-head p"), frame.finding?.html || "");
    pg.set($("[data-t=shape]"), `${frame.layers} ${frame.layers === 1 ? "layer" : "layers"} × ${frame.heads} ${frame.heads === 1 ? "head" : "heads"}${frame.every ? `, every ${frame.every} steps` : ""}`);
    pg.set($(".name h2"), `L${layer} H${head}`);
    pg.set($(".name .tag"), [info.role, info.score?.toFixed(2)].filter(Boolean).join(" "));
    $(".name .tag").hidden = !info.role;
    $(".col-map").setAttribute("aria-label", `Layer ${layer}, head ${head}`);
    const isPinned = pin && pin[0] === layer && pin[1] === head;
    $("[data-k=pin]").setAttribute("aria-pressed", !!isPinned);
    pg.set($("[data-k=pin]"), isPinned ? "Pinned" : "Pin");
    $(".find").hidden = !result;
    if (result) { pg.set($(".find b"), result.title); pg.rich($(".find p"), result.text); }
  };
  /** Draw the frame there is; `repaint` false when only the selection moved. */
  const show = repaint => {
    if (!frame) return;
    settle();
    words();
    strip.draw(frame, chosen);
    if (asTable) { heads.draw(frame); rows.draw(frame, chosen); return; }
    mosaic.draw(frame, chosen, repaint);
    map.draw(frame, chosen);
    bars.draw(frame, chosen);
    if (pin && (pin[0] >= frame.layers || pin[1] >= frame.heads)) pin = null;
    beside.draw(frame, pin, chosen);
  };
  const update = () => {
    scheduled = false;
    const none = parse("empty", newest.empty);                        // nothing to show, and why
    root.classList.toggle("none", !!none);
    if (none) { pg.set($("h1"), none.title); pg.rich($(".lens-head p"), none.html); return; }
    const next = read(newest);
    if (!next) return;
    root.classList.add("ready");
    if (next.ablation !== frame?.ablation) busy(false);
    frame = next;
    adopt();
    tools.draw(frame);
    show(true);
  };

  /* ---- actions ---- */
  const act = {
    pin: () => { pin = pin && pin[0] === chosen.layer && pin[1] === chosen.head ? null : [chosen.layer, chosen.head]; show(false); },
    ablate: () => ablate(), restore: () => trigger("restore", {}),
  };
  root.addEventListener("click", event => act[event.target.closest("[data-k]")?.dataset.k]?.());
  /** Links of sentences: "head:0,3" and "row:22" move this picture; anything else is for the page. */
  pg.actions.head = rest => { choose(...rest.split(",").map(Number)); return !!frame; };
  pg.actions.row = rest => { if (frame) point(Math.min(Number(rest), frame.T - 1), null); return !!frame; };
  pg.onDo($(".lens-head"), action => trigger("do", { action }));
  const visible = () => frame && element.offsetParent !== null;
  pg.keys.a = () => visible() ? ablate() : false;
  pg.keys.t = () => visible() ? showAs(!asTable) : false;

  pg.mount("attention", element, props, watch, value => {
    newest = value;
    if (!scheduled) { scheduled = true; requestAnimationFrame(update); }
  });
};
