/* The Compare page: variants that train together, one cursor for all. */
import { iconHtml } from "../../core/icons.js";
import { onKey } from "../../core/keys.js";
import { mount, mountOf } from "../../core/mount.js";
import { num, parseNumber } from "../../core/numbers.js";
import { offer } from "../../core/offers.js";
import { rich } from "../../core/rich.js";
import { offerSlot } from "../../core/slots.js";
import { esc, reader, setHtml, setText } from "../../core/text.js";
import { segmentedChoice } from "../../controls/choice.js";
import { timeLine } from "../../controls/scrubber.js";
import { shareButton } from "../../controls/share.js";
import { tableView } from "../../charts/table.js";
import { comparePictures } from "./compare-pictures.js";
/** @import { Make } from "../../core/widget.js" */

const STATES = {                                       // state -> [icon, words on the button, words under the step]
  ready: ["play", "Train them", "step · ready"],
  starting: ["pause", "Pause", "starting processes"], running: ["pause", "Pause", "step of all · running"],
  paused: ["play", "Go on", "step of all · paused"], finished: ["play", "Train them again", "step · finished"],
  failed: ["play", "Start again", "step · stopped"],
};
const html = () => `<section class="tp cmp-bar" aria-label="Runs">
    <div class="keys"><button class="b icon" data-do="restart" aria-label="Reset all to step 0 (R)">${iconHtml("reset")}</button>
      <button class="b primary" data-do="toggle" disabled></button></div>
    <div class="scrub" role="slider" tabindex="0" aria-label="Step shown"></div>
    <div class="readout"><div class="stat now"><b data-step></b><span data-words></span></div>
      <div class="stat"><b data-rate></b><span>tokens per CPU second</span></div></div>
    <div class="share"><button class="b hide-phone" data-do="share" aria-haspopup="dialog">${iconHtml("share")}<span>Share</span></button></div>
    <p class="reason" role="status" hidden></p></section>
  <div class="cmp-setup"><div class="tool all"><span class="lab">Compare</span><div class="chips" role="group" aria-label="Compare"></div></div>
    <div class="tool"><span class="lab" title="Change the width of the feed-forward networks until the variants are alike in this">Match</span><div data-s="match"></div></div>
    <div class="tool"><span class="lab">Seeds</span><div data-s="seeds"></div></div>
    <p class="shared"></p>
    <div class="pop add"><button class="b small" data-do="more" aria-expanded="false">Add a variant</button>
      <form class="list" hidden><label>Setting <select name="at"></select></label><label>Value <span data-value></span></label>
        <p class="bad" role="alert" hidden></p>
        <button class="b small">Add</button></form></div></div>
  <div class="cmp-main"><p class="bad" role="alert" hidden></p>
    <div class="lens-head"><div><h1></h1><p></p></div></div>
    <div class="cmp-charts"><div data-slot="compare-accuracy"></div><div data-slot="compare-loss"></div></div>
    <hr class="rule"><div class="cmp-pictures"></div>
    <hr class="rule"><section class="cmp-results" hidden></section></div>`;

const valueBox = ([, label, type, options]) => type === "choice" || type === "bool"
  ? `<select name="value" aria-label="${esc(label)}">${(type === "bool" ? [[true, "on"], [false, "off"]] : options).map(([value, text]) =>
    `<option value="${esc(JSON.stringify(value))}">${esc(text)}</option>`).join("")}</select>`
  : `<input name="value" inputmode="decimal" autocomplete="off" required aria-label="${esc(label)}">`;

/** @type {Make} */
export const compare = (element, props, trigger, watch) => {
  const root = mountOf(element), parse = reader();
  root.classList.add("compare");
  root.innerHTML = html();
  const $ = name => root.querySelector(name), form = $(".add form");
  const pictures = comparePictures($(".cmp-pictures"), { look: what => trigger("look", what), leave: index => trigger("leave", { index }),
    word: text => trigger("word", { text }) });
  const results = $(".cmp-results"), table = tableView(results), note = document.createElement("span");
  $(".cmp-results .table-name").after(note);
  $(".cmp-results .csv").insertAdjacentHTML("beforebegin",
    `<button class="b small quiet" data-do="save" title="Every update of every run, with its seed">${iconHtml("down")}Every update, CSV</button>`);
  root.querySelectorAll("[data-slot]").forEach(place => offerSlot(place.dataset.slot, place));
  offer("compare", event => trigger(event));        // for runs that were sent here
  let /** @type {string | null} */ hope = null, /** @type {string | null} */ name = null;
  let /** @type {string | null} */ adding = null;
  let bar = { state: "ready", step: 0, last: 0, total: 1, marks: [] }, settings = [], chips = "", cards = "";
  const query = Object.fromEntries(new URLSearchParams(location.search));
  const addressed = "compare" in query;                // nothing begins before it is read: it would end what is begun

  const scrub = timeLine($(".scrub"), () => {}, step => trigger("look", { step }));
  const match = segmentedChoice($("[data-s=match]"), "Match", name => trigger("match", { name }));
  const seeds = segmentedChoice($("[data-s=seeds]"), "Seeds", count => trigger("seeds", { count: +count }));
  const share = shareButton($("[data-do=share]"), () => trigger("link"), "comparison");
  const toggle = () => {
    const going = ["running", "starting"].includes(hope ?? bar.state);
    hope = going ? "paused" : "starting";
    drawBar();
    trigger(going ? "pause" : "play");
  };
  const open = yes => {
    form.hidden = !yes;
    adding = null;
    say(form, "");
    $("[data-do=more]").setAttribute("aria-expanded", yes);
    if (yes) form.querySelector("select").focus();
  };
  const say = (host, text) => { const bad = host.querySelector(":scope > .bad"); bad.hidden = !text; setText(bad, text); };
  document.addEventListener("pointerdown", event => { if (!form.hidden && !/** @type {Element} */ (event.target).closest(".add")) open(false); });
  const actions = {
    toggle: () => { if (!$("[data-do=toggle]").disabled) toggle(); }, restart: () => trigger("restart"), save: () => trigger("save"),
    more: () => open(form.hidden), share: () => share.ask(),
  };
  root.addEventListener("click", event => {
    const button = event.target.closest("[data-do]"), chip = event.target.closest("[data-ready]");
    if (button && actions[button.dataset.do]) actions[button.dataset.do](button);
    if (chip) trigger("choose", { name: chip.dataset.ready });
  });
  onKey(root, " ", actions.toggle);
  onKey(root, "r", actions.restart);
  const arrow = by => event => event.target.closest?.("input, select, [role=slider], [tabindex='0'].well") ? false : scrub.move(by, event.shiftKey);
  onKey(root, "ArrowLeft", arrow(-1));
  onKey(root, "ArrowRight", arrow(1));

  const chosen = () => settings.find(([at]) => at === form.at.value) ?? settings[0];
  form.at.addEventListener("change", () => { $("[data-value]").innerHTML = valueBox(chosen()); });
  form.addEventListener("submit", event => {
    event.preventDefault();
    const [at, , type] = chosen(), text = form.value.value, number = parseNumber(text);
    const value = type === "choice" || type === "bool" ? JSON.parse(text) : Number.isNaN(number) ? text : number;
    adding = cards;
    trigger("include", { at, value });
  });
  form.addEventListener("keydown", event => { if (event.key === "Escape") { event.preventDefault(); open(false); $("[data-do=more]").focus(); } });

  function drawBar() {
    const state = hope ?? bar.state, [icon, words, under] = STATES[state] ?? STATES.ready, button = $("[data-do=toggle]");
    const face = `${iconHtml(icon)}<span>${words}</span>`;
    setHtml(button, face);
    $(".cmp-bar").dataset.state = state;
    setText($("[data-step]"), num(bar.step));
    setText($("[data-words]"), bar.looking ? "step · past" : under);
    setText($("[data-rate]"), bar.rate || "–");
    $(".reason").hidden = !bar.notice;
    setText($(".reason"), bar.notice || "");
    scrub.draw({ step: bar.step, last: bar.last, total: bar.total, state }, bar.marks);
  }
  const drawSetup = setup => {
    const shown = [...setup.ready, ["run", "The Playground's run", "Begin with the run, or the configuration, of the Playground, and add variants."]];
    const made = shown.map(([id, label, hint]) =>
      `<button class="chip" data-ready="${id}" aria-pressed="${id === (setup.name || "run")}" data-label="${esc(label)}" title="${esc(hint)}">${esc(label)}</button>`).join("");
    if (chips !== made) $(".chips").innerHTML = chips = made;
    if (name !== setup.name) pictures.begin(setup.lens);
    name = setup.name;
    setText($(".shared"), setup.shared);
    match.draw(setup.match[0].map(what => [what, what]), setup.match[1]);
    seeds.draw(setup.seeds[0].map(count => [String(count), String(count)]), String(setup.seeds[1]));
    $("[data-do=more]").disabled = setup.full;
    $("[data-do=toggle]").disabled = setup.few || addressed && !setup.opened;
    $("[data-do=toggle]").title = setup.few ? "Add a variant first." : "";
  };
  const drawSettings = next => {
    if (next === settings || !next) return;
    const had = form.at.value;
    settings = next;
    form.at.innerHTML = settings.map(([at, label]) => `<option value="${esc(at)}">${esc(label)}</option>`).join("");
    if (settings.some(([at]) => at === had)) form.at.value = had;
    else $("[data-value]").innerHTML = valueBox(chosen());
  };
  mount(element, props, watch, value => {
    bar = parse("bar", value.bar);
    if (hope === "paused" ? !["running", "starting"].includes(bar.state) : hope && (bar.state !== "ready" || value.problem)) hope = null;
    drawBar();
    drawSetup(parse("setup", value.setup));
    drawSettings(parse("settings", value.settings));
    pictures.draw(parse("cards", value.cards) ?? [], parse("maps", value.maps) ?? [], parse("at", value.at), parse("word", value.word));
    share.draw(value.link);
    const found = parse("results", value.results), finding = parse("finding", value.finding);
    results.hidden = !found?.rows;
    if (found?.rows) { table.draw(found); setText(note, found.note); }
    setText($("h1"), finding.title);
    rich($(".lens-head p"), finding.html);
    if (adding !== null && value.problem) { say(form, value.problem); adding = null; }
    else if (adding !== null && adding !== value.cards) open(false);
    cards = value.cards;
    say($(".cmp-main"), form.hidden ? value.problem : "");
  });
  /* After a reload the server still has what was compared, and an address may name another: ask when first seen. */
  const eye = new IntersectionObserver(entries => {
    if (!entries.some(entry => entry.isIntersecting)) return;
    eye.disconnect();
    trigger("open", { query });
  });
  eye.observe(element);
};
