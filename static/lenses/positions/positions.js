/* What the heads do with distance: finding, tools, every head small, one head large: its weights, its scores and its
   rotary pairs over one axis of distances. Draws only the newest frame, in the next animation frame. */
const HTML = `<div class="lens-head"><div><h1></h1><p></p></div></div><div class="tools"></div>
  <p class="soft across" hidden></p>
  <div class="all"><div class="g2">
    <section aria-label="All heads"><div class="pt"><h2>All heads</h2><span class="shape"></span></div>
      <div class="pic"><div class="reaches" role="group" aria-label="All heads; arrows move"></div></div>
      <div class="twin" data-t="heads"></div><dl class="meas"></dl></section>
    <section class="one"><div class="pt name"><h2></h2><span class="tag plain"></span><span class="grow"></span>
        <button class="b small" data-k="ablate">Ablate this head <kbd>A</kbd></button></div>
      <div class="pic distances"></div><div class="twin" data-t="rows"></div>
      <p class="axt scheme"></p>
      <div class="find" role="status" hidden><div class="grow"><b></b><p class="muted"></p></div>
        <button class="b small quiet" data-k="restore">Restore</button></div></section></div></div>`;
const BUSY_MS = 5000;                                  // the same result again changes nothing in the value: stop waiting

pg.positions = (element, props, trigger, watch) => {
  const root = pg.root(element), read = pg.distanceFrames();
  root.classList.add("positions");
  root.innerHTML = HTML;
  const $ = name => root.querySelector(name);
  const chosen = { layer: 0, head: 0 };
  let frame = null, newest = null, scheduled = false, server = "", asked = "", asTable = false, waiting = 0;

  /* ---- what the visitor does ---- */
  const choose = (layer, head) => {
    if (!frame?.layers || layer >= frame.layers || head >= frame.heads) return;
    Object.assign(chosen, { layer, head });
    asked = `${layer},${head}`;
    show();                                            // weights at once; scores and pairs follow
    trigger("select", { layer, head });
  };
  const busy = yes => {
    clearTimeout(waiting);
    if (yes) waiting = setTimeout(busy, BUSY_MS);
    $("[data-k=ablate]").toggleAttribute("data-busy", !!yes);
  };
  const ablate = (layer = chosen.layer, head = chosen.head) => {
    busy(true);
    const { ablation } = frame ?? {};
    if (ablation?.layer === layer && ablation.head === head) return trigger("restore", {});
    trigger("ablate", { layer, head });
  };
  const showAs = table => { asTable = table; root.classList.toggle("as-table", table); tools.as(table); show(); };
  const exported = save => () => frame?.layers && save(frame, chosen);

  /* ---- parts ---- */
  const tools = pg.lensTools($(".tools"), {
    look: which => trigger("look", { which }), probe: what => trigger("probe", what), as: showAs,
    png: exported((...what) => pg.saveDistances("png", ...what)), svg: exported((...what) => pg.saveDistances("svg", ...what)),
    csv: exported(pg.saveDistanceCsv),
  });
  const toPlayground = () => pg.actions.lens("positions");
  if (props.opens) {
    const open = Object.assign(document.createElement("button"), { className: "b small quiet", textContent: "Open in Playground" });
    open.addEventListener("click", toPlayground);
    $(".tools .last").prepend(open);
  }
  const heads = pg.distanceHeads($(".reaches"), { choose, ablate }), charts = pg.distanceCharts($(".distances"));
  const tables = pg.distanceTables($("[data-t=heads]"), $("[data-t=rows]"));

  /* ---- drawing ---- */
  const words = found => { pg.set($("h1"), found?.title || ""); pg.rich($(".lens-head p"), found?.html || ""); };
  /** The server's selection counts when it changes, unless the visitor has pressed another head since. */
  const adopt = () => {
    const theirs = `${frame.layer},${frame.head}`;
    if (theirs !== server && (!asked || asked === theirs)) Object.assign(chosen, { layer: frame.layer, head: frame.head });
    if (asked === theirs) asked = "";
    server = theirs;
    chosen.layer = Math.min(chosen.layer, frame.layers - 1);
    chosen.head = Math.min(chosen.head, frame.heads - 1);
  };
  const show = () => {
    if (!frame?.layers) return;
    const { layer, head } = chosen, mine = layer === frame.layer && head === frame.head, [does] = frame.info[layer * frame.heads + head];
    pg.set($(".shape"), `mean weight by distance, step ${pg.num(frame.step)}, ${frame.examples} example${frame.examples === 1 ? "" : "s"}`);
    pg.set($(".name h2"), `L${layer} H${head}`);
    pg.set($(".name .tag"), does);
    $(".meas").toggleAttribute("data-busy", !mine);
    pg.rich($(".scheme"), frame.why || frame.note);
    $(".find").hidden = !frame.ablation;
    pg.ablateButton($("[data-k=ablate]"), frame.ablation, layer, head);
    if (frame.ablation) { pg.set($(".find b"), frame.ablation.title); pg.set($(".find p"), frame.ablation.text); }
    if (mine) put($(".meas"), frame.measures.map(([name, value, unit, note, told]) =>
      `<div title="${pg.esc(told)}"><dt>${name}</dt><dd>${value} <small>${unit}</small></dd><p>${note}</p></div>`).join(""));
    if (asTable) return tables.draw(frame, chosen);
    heads.draw(frame, chosen);
    charts.draw(frame, chosen);
  };
  const put = (node, html) => { if (node.shown !== html) node.innerHTML = node.shown = html; };
  const update = () => {
    scheduled = false;
    const empty = newest.empty ? JSON.parse(newest.empty) : null;
    root.classList.toggle("none", !!empty);
    if (empty) { frame = null; return words(empty); }
    const next = read(newest);
    if (JSON.stringify(next.ablation) !== JSON.stringify(frame?.ablation)) busy(false);
    frame = next;
    root.classList.add("ready");
    root.classList.toggle("no-distance", !frame.layers);
    words(frame.finding);
    tools.draw(frame);
    if (!frame.layers) return;
    adopt();
    show();
  };

  /* ---- events ---- */
  const act = { ablate: () => ablate(), restore: () => trigger("restore", {}) };
  root.addEventListener("click", event => act[event.target.closest("[data-k]")?.dataset.k]?.());
  const link = action => {
    const [verb, rest] = action.split(":");
    if (verb === "at") return choose(...rest.split(",").map(Number));
    if (!props.opens) return trigger("do", { action });
    toPlayground();                                    // what trains is there
    document.querySelector("#tp [data-do=toggle]")?.click();
  };
  pg.onDo($(".lens-head"), link);
  pg.onDo($(".scheme"), link);
  const visible = () => frame?.layers && element.offsetParent !== null;
  /** Another lens may use the same letter: it gets the key while this one is hidden. */
  const key = (letter, act) => {
    const other = pg.keys[letter];
    pg.keys[letter] = event => visible() ? act() : other ? other(event) : false;
  };
  key("a", () => ablate());
  key("t", () => showAs(!asTable));
  pg.mount(element, props, watch, value => {
    newest = value;
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(update);
  });
};
