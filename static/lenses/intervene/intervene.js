/* The Intervene lens: finding, the choice of an experiment, its inputs, Run, heat maps, chart, numbers. Draws only the
   newest frame, in the next animation frame. */
import { iconHtml } from "../../core/icons.js";
import { mount, mountOf, nextFrame } from "../../core/mount.js";
import { num, stepName } from "../../core/numbers.js";
import { doVerb, onDo, rich } from "../../core/rich.js";
import { offerSlot } from "../../core/slots.js";
import { reader, setHtml, setText } from "../../core/text.js";
import { segmentedChoice } from "../../controls/choice.js";
import { exportMenu } from "../../controls/export.js";
import { pictureOrTable } from "../../controls/picture-or-table.js";
import { chartPicture } from "../../charts/plot.js";
import { svgStack, svgTitled } from "../../charts/svg-file.js";
import { tableView } from "../../charts/table.js";
import { cellGrid } from "./cell-grid.js";
import { experimentPicture } from "./experiment-file.js";
import { trialFields } from "./experiment-inputs.js";
/** @import { Json } from "../../core/values.js"
    @import { Make } from "../../core/widget.js" */

const HTML = `<div class="lens-head"><div><h1></h1><p></p></div></div>
  <div class="tools"><div class="tool"><div data-s="trial"></div></div>
    <div class="end"><span class="grow"></span><div class="tool last"><div data-s="as"></div><div data-s="export"></div></div></div></div>
  <div class="all">
    <p class="does"></p>
    <div class="inputs"><div class="tools fields"></div><div class="tools probes"><div class="tool"><span class="lab">Probe</span><div data-s="probe"></div></div>
      <span class="axt">Type one of your own in the <a data-do="lens:attention" role="button" tabindex="0">Attention lens</a>.</span></div></div>
    <div class="go"><button class="b run"></button><span class="words" role="status"></span><i class="line" hidden><b></b></i></div>
    <div class="maps pic"></div>
    <section class="pic bars" hidden><div class="pt"><h2></h2></div><div class="slot"></div></section>
    <div class="twin"></div>
    <p class="basis axt"></p></div>`;

/** @type {Make} */
export const intervene = (element, props, trigger, watch) => {
  const root = mountOf(element), parse = reader();
  root.classList.add("intervene");
  root.innerHTML = HTML;
  const $ = name => root.querySelector(name), slot = name => $(`[data-s=${name}]`);
  const heats = [];
  let /** @type {Json} */ latest = null;
  let /** @type {boolean | null} */ pressed = null, /** @type {Record<string, Json>} */ shown = {};

  /* ---- what the visitor does ---- */
  const see = change => trigger("see", change);
  const open = (map, layer, head) => {
    const experts = map.pick.endsWith("expert");
    trigger("pick", { which: map.pick, layer, head });
    doVerb("lens", experts ? "experts" : "attention");
    if (!experts) doVerb("head", `${layer},${head}`);
  };
  const face = on => {
    const html = iconHtml(on ? "pause" : "play") + (on ? "Stop" : latest?.again ? "Run again" : "Run");
    setHtml($(".run"), html);
  };
  const going = () => pressed ?? latest?.state !== "idle";

  /* ---- parts ---- */
  const trial = segmentedChoice(slot("trial"), "Experiment", id => { trial.draw(latest.trials, id); see({ trial: id }); });
  const probe = segmentedChoice(slot("probe"), "Probe", id => trigger("probe", { id }));
  const asTable = pictureOrTable(slot("as"), root, () => draw(), () => latest?.again);
  const fields = trialFields($(".fields"), see), twin = tableView($(".twin"));
  const name = kind => kind === "csv" ? latest.table.name : `intervene-${latest.trial}${stepName(latest.step)}`;
  const picture = () => {
    if (!latest) return null;
    const chart = latest.bars && chartPicture($(".bars .plot")), when = latest.step < 0 ? "" : `Step ${num(latest.step)}. `;
    const maps = experimentPicture(latest.maps, `${when}${latest.note}`);
    return chart ? svgStack([svgTitled(latest.bars, "", chart), maps]) : maps;
  };
  exportMenu(slot("export"), { picture, name,
    rows: () => latest?.table && [latest.table.columns.map(c => c.label), ...latest.table.rows] });
  offerSlot(`${props.view}-bars`, $(".bars .slot"));

  /* ---- drawing ---- */
  const draw = () => {
    if (!latest) return;
    root.dataset.trial = latest.trial;
    trial.draw(latest.trials, latest.trial);
    rich($(".does"), latest.does);
    fields.draw(latest.fields, latest.tokens);
    $(".fields").hidden = !latest.fields.length;
    $(".probes").hidden = !latest.probes.length;
    probe.draw(latest.probes, latest.probe);
    face(going());
    setText($(".words"), latest.words);
    $(".words").classList.toggle("bad", latest.tone === "error");
    $(".line").hidden = latest.state !== "running";
    $(".line b").style.width = `${100 * latest.done}%`;
    setText($(".basis"), latest.note);
    $(".bars").hidden = !latest.bars;
    setText($(".bars h2"), latest.bars);
    slot("as").hidden = slot("export").hidden = !latest.again;
    if (asTable()) return twin.draw(latest.table ?? { columns: ["part"], rows: [], name: "nothing yet" });
    const host = $(".maps");
    while (heats.length > latest.maps.length) { heats.pop(); host.lastChild.remove(); }
    while (heats.length < latest.maps.length) {
      const section = document.createElement("section");
      host.append(section);
      heats.push(cellGrid(section, open));
    }
    latest.maps.forEach((map, i) => heats[i].draw(map));
  };
  const words = finding => { setText($("h1"), finding?.title || ""); rich($(".lens-head p"), finding?.html || ""); };
  const update = value => {
    if (latest && Object.keys(value).every(name => name === "n" || value[name] === shown[name])) return;   // as it is
    shown = value;
    const empty = parse("empty", value.empty);
    root.classList.toggle("none", !!empty);
    if (empty) { latest = null; return words(empty); }
    const read = field => parse(field, value[field]);
    latest = { ...value, trials: read("trials"), fields: read("fields"), probes: read("probes"), tokens: read("tokens"),
      maps: read("maps"), table: read("table") };
    root.classList.add("ready");
    pressed = null;
    words(read("finding"));
    draw();
  };

  /* ---- events ---- */
  $(".run").addEventListener("click", () => {
    if (!latest) return;
    pressed = !going();
    face(pressed);                                     // at once; the next value confirms it
    trigger(pressed ? "begin" : "halt");
  });
  for (const part of [$(".lens-head"), $(".probes")]) onDo(part, action => trigger("do", { action }));
  mount(element, props, watch, nextFrame(update));
};
