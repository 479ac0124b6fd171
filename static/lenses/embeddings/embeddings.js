/* The Embeddings lens: a map of vectors with neighbours, and one token's way through the layers. Draws only the newest
   frame, in the next animation frame. */
import { savePicture } from "../../core/files.js";
import { mount, mountOf, nextFrame } from "../../core/mount.js";
import { atStep, num, stepName } from "../../core/numbers.js";
import { onDo, onVerb, rich } from "../../core/rich.js";
import { reader, setText } from "../../core/text.js";
import { glyphOf } from "../../core/tokens.js";
import { segmentedChoice } from "../../controls/choice.js";
import { exportMenu } from "../../controls/export.js";
import { pictureOrTable } from "../../controls/picture-or-table.js";
import { svgCopy, svgTitled } from "../../charts/svg-file.js";
import { tableView } from "../../charts/table.js";
import { pathPlane, pathRows, pathTable } from "../../charts/token-path.js";
import { tokenStrip } from "../../charts/token-strip.js";
import { vectorFacts, vectorNear } from "./nearest-vectors.js";
import { saveVectors } from "./vector-files.js";
import { vectorMap } from "./vector-map.js";
/** @import { Json } from "../../core/values.js"
    @import { Make } from "../../core/widget.js" */

const HTML = `<div class="lens-head"><div><h1></h1><p></p></div></div>
  <div class="tools"><div class="tool"><span class="lab">Vectors</span><b class="sole" hidden></b><div data-s="table"></div></div>
    <div class="tool axes"><span class="lab">Axes</span><div data-s="axes"></div></div>
    <div class="end"><span class="grow"></span><div class="tool last"><div data-s="as"></div><div data-s="export"></div></div></div></div>
  <div class="all">
    <div class="twin" data-t="rows"></div>
    <div class="g2 pic">
      <section aria-label="Map"><div class="pt"><h2></h2><span class="how"></span></div><div class="map"></div></section>
      <section class="side" aria-label="Nearest"><div class="pt"><h2></h2><span>by cosine, 0 to 1</span></div>
        <div class="near" role="group" aria-label="Nearest; arrows move"></div><dl class="facts"></dl><p class="axt fine"></p></section>
    </div>
    <section class="way" aria-label="Way through the layers">
      <hr class="rule"><div class="pt"><h2></h2><span class="which"></span><span class="grow"></span></div>
      <div class="tools"><div class="tool"><span class="lab">Probe</span><div data-s="probe"></div></div>
        <div class="tool stacks"><span class="lab">Stack</span><div data-s="stack"></div></div></div>
      <div class="strip"></div>
      <div class="g2 pic"><div class="pathmap"></div>
        <section><div class="pt"><h3>What each layer adds</h3><span class="small"></span></div><div class="layers"></div>
          <p class="axt fine"></p></section></div>
      <div class="twin" data-t="layers"></div>
    </section></div>`;
const FIRST = { label: "token", align: "left" };
const TABLE = [FIRST, "length", { label: "nearest", align: "left" }, { label: "cosine", digits: 2 },
  { label: "moved", percent: true, digits: 0, title: "length of the change ÷ length at first" }];

/** @type {Make} */
export const embeddings = (element, props, trigger, watch) => {
  const root = mountOf(element), parse = reader();
  root.classList.add("embeddings");
  root.innerHTML = HTML;
  const $ = name => root.querySelector(name), slot = name => $(`[data-s=${name}]`);
  let /** @type {Json} */ latest = null, saved = 0;
  // Pressed here, until the server says the same.
  let /** @type {number | null} */ chosen = null, /** @type {number | null} */ place = null;

  /* ---- what the visitor does ---- */
  const see = change => trigger("see", change);
  const choose = row => { chosen = row; see({ chosen: row }); draw(); };
  const stand = at => { place = at; chosen = null; see({ place: at }); draw(); };
  const name = () => `${latest.table.replace(" ", "-")}-embeddings${stepName(latest.step)}`;

  /* ---- parts ---- */
  const table = segmentedChoice(slot("table"), "Vectors", id => see({ table: id }));
  const axes = segmentedChoice(slot("axes"), "Axes", id => see({ axes: id }));
  const probe = segmentedChoice(slot("probe"), "Probe", id => trigger("probe", { id }));
  const stack = segmentedChoice(slot("stack"), "Stack", id => see({ stack: id }));
  const asTable = pictureOrTable(slot("as"), root, () => draw(), () => latest);
  const map = vectorMap($(".map"), { choose }), near = vectorNear($(".near"), choose);
  const strip = tokenStrip($(".strip"), stand), way = pathPlane($(".pathmap"), stand), layers = pathTable($(".layers"));
  const rows = tableView($("[data-t=rows]")), layerRows = tableView($("[data-t=layers]"));
  const plane = ({ svg }, title) => svg.hasAttribute("viewBox")
    && svgTitled(title.replaceAll("-", " "), "", svgCopy(svg, svg.viewBox.baseVal.width, svg.viewBox.baseVal.height));
  const saveWay = title => savePicture(plane(way, title), "png", title);
  exportMenu(slot("export"), { what: "Map", name, picture: () => latest && plane(map, name()), rows: () => latest && csv() }, [
    ["Way as PNG", () => latest?.path && saveWay(`way-of-token-${latest.path.place}${stepName(latest.step)}`)],
    ["Vectors as TSV, for the Embedding Projector", () => latest && trigger("save")]]);

  /* ---- drawing ---- */
  const csv = () => [["token", "x", "y", "length", "nearest", "cosine", "moved"],
    ...latest.words.map((word, i) => [word, ...latest.xy[i], ...told(i)])];
  const told = i => { const [norm, nearest, cosine, moved] = latest.rows?.[i] || []; return [norm, latest.words[nearest] ?? null, cosine, moved]; };
  const drawn = () => ({ ...latest, chosen: chosen ?? latest.chosen, near: chosen === null || chosen === latest.chosen ? latest.near : [],
    trail: chosen === null || chosen === latest.chosen ? latest.trail : [] });
  const draw = () => {
    if (!latest) return;
    const frame = drawn(), { path } = latest, one = latest.tables.length === 1, word = glyphOf(frame.words[frame.chosen]);
    const unit = latest.table.includes("position") ? "position" : "token";
    $(".sole").hidden = !(slot("table").hidden = one);
    setText($(".sole"), latest.tables[0][1]);
    table.draw(latest.tables, latest.table);
    $(".tool.axes").hidden = latest.planes.length < 2;
    axes.draw(latest.planes, latest.axes);
    probe.draw(latest.probes, latest.probe);
    $(".way").hidden = !path;
    if (path) {
      $(".tool.stacks").hidden = path.stacks.length < 2;
      stack.draw(path.stacks, path.stack);
    }
    const placed = path && { ...path, place: Math.min(place ?? path.place, path.tokens.length - 1) };
    if (placed) strip.draw(placed);
    if (asTable()) {
      rows.draw({ name: name(), title: "All vectors", columns: [{ ...FIRST, label: unit }, ...TABLE.slice(1)],
        rows: frame.words.map((each, i) => { const [norm, nearest, cosine, moved] = told(i); return [glyphOf(each), norm, nearest === null ? null : glyphOf(nearest), cosine, moved]; }) });
      if (path) { const [columns, ...lines] = pathRows(path); layerRows.draw({ name: `layers${stepName(latest.step)}`, title: "Layers", columns, rows: lines }); }
      return;
    }
    setText($(".map").previousElementSibling.firstChild, `${latest.tables.find(([id]) => id === latest.table)[1]} ${atStep(latest.step)}`);
    const plane = latest.axes === "principal" ? `the plane of the first two principal components${latest.fitted < 0 ? "" : ` of step ${num(latest.fitted)}, kept,`}` : "the plane in which the numbers turn";
    setText($(".how"), `${plane} shows ${num(100 * (latest.share[0] + latest.share[1]), 2)} % of the variance in ${latest.width} dimensions`);
    setText($(".side h2"), `Nearest to ${unit} ${word}`);
    map.draw(frame);
    near.draw(frame);
    const { norm, mean, moved, since } = latest.norm;
    vectorFacts($(".facts"), [["Norm", num(norm, 3), `mean of all ${num(mean, 3)}`],
      ["Moved", moved === null ? "–" : `${num(100 * moved, 2)} %`, moved === null ? "" : `of its norm since step ${num(since)}`]]);
    setText($(".side .fine"), latest.note);
    if (!placed) return;
    const states = path.rows.length - 1;
    setText($(".way h2"), `Token ${placed.place}, ${glyphOf(placed.tokens[placed.place])}, through ${states} layer${states === 1 ? "" : "s"}`);
    setText($(".which"), [`residual stream ${atStep(path.step)}${path.fitted < 0 ? "" : `; axes of step ${num(path.fitted)}, kept`}`, path.note].filter(Boolean).join(". "));
    setText($(".way .small"), "norms of vectors, one scale");
    setText($(".layers + .fine"), path.post ? "Post-norm: after each addition the state is normed, so lengths stay what the norm makes them."
      : "Pre-norm: each state is the one before plus what was added. Vectors add, their lengths do not.");
    way.draw(placed);
    layers.draw(path);
  };
  const words = finding => { setText($("h1"), finding?.title || ""); rich($(".lens-head p"), finding?.html || ""); };
  const show = nextFrame(value => {
    const empty = parse("empty", value.empty);
    root.classList.toggle("none", !!empty);
    if (empty) { latest = null; return words(empty); }
    const read = field => parse(field, value[field]), same = latest?.table === value.table;
    if (chosen === value.chosen || !same) chosen = null;
    const path = read("path");
    if (path && place !== null && (path.place === place || path.tokens.length <= place)) place = null;
    const late = field => value[field] ? read(field) : same ? latest[field] : null;   // sent with some frames only
    latest = { ...value, tables: read("tables"), planes: read("planes"), words: read("words"), order: read("order"), xy: read("xy"),
      share: read("share"), near: read("near"), norm: read("norm"), probes: read("probes"), path, rows: late("rows"),
      trail: latest?.chosen === value.chosen ? late("trail") : read("trail") };
    root.classList.add("ready");
    words(read("finding"));
    draw();
  });

  /* ---- events ---- */
  onVerb("vector", row => { if (latest) choose(Math.min(Number(row), latest.words.length - 1)); return !!latest; }, root);
  onVerb("circle", turns => { see({ axes: turns }); return true; }, root);
  onDo($(".lens-head"), action => trigger("do", { action }));
  mount(element, props, watch, value => {
    const files = value.files ? JSON.parse(value.files) : null;
    if (files && files.n !== saved) { saved = files.n; saveVectors(files); }
    show(value);
  });
};
