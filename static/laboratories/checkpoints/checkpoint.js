/* Which checkpoint is open, and which may be: a few good small ones, a name or a folder, what it holds, how it comes. */
import { mount, mountOf } from "../../core/mount.js";
import { esc, reader, setHtml, setText } from "../../core/text.js";
/** @import { Make } from "../../core/widget.js" */

const listed = lines => lines.length ? `<ul class="notes">${lines.map(line => `<li>${esc(line)}</li>`).join("")}</ul>` : "";
const told = ({ name, facts, notices }) => `<h3 class="mono">${esc(name)}</h3>
  <dl>${facts.map(([what, value]) => `<dt>${esc(what)}</dt><dd>${esc(value)}</dd>`).join("")}</dl>${listed(notices)}`;
const place = ([name, size, look]) => `<li><button type="button" data-name="${esc(name)}"><b>${esc(name.split("/")[1])}</b>
  <small>${esc(size)}</small><span>${esc(look)}</span></button></li>`;
const HTML = places => `<div class="card" data-t="open" hidden><p class="eyebrow">Open</p><div></div>
    <button class="b small quiet" data-do="close">Close</button></div>
  <form novalidate><label>Repository of the Hub, or folder
      <input class="mono" name="name" maxlength="1000" spellcheck="false" autocomplete="off" autocapitalize="off" placeholder="owner/name"></label>
    <label>Revision<input class="mono" name="revision" maxlength="200" spellcheck="false" autocomplete="off" placeholder="main"></label>
    <button class="b">Look</button></form>
  <p class="bad" role="alert" hidden></p>
  <div class="card" data-t="found" hidden><p class="eyebrow">Found</p><div></div>
    <p class="bad" hidden></p><button class="b" data-do="begin">Open</button></div>
  <div class="coming" role="status" hidden><span></span><progress max="1"></progress>
    <button class="b small" data-do="cancel">Cancel</button></div>
  <h3 class="few">Good small ones</h3><ul class="places">${places.map(place).join("")}</ul>`;

/** @type {Make} */
export const checkpoint = (element, props, trigger, watch) => {
  const root = mountOf(element), parse = reader();
  root.classList.add("checkpoint");
  root.innerHTML = HTML(props.places);
  const $ = name => root.querySelector(name), form = $("form"), part = name => $(`[data-t=${name}]`);
  let typed = "";                                      // the name asked for last

  const look = () => {
    typed = form.elements.name.value;
    trigger("see", { name: form.elements.name.value, revision: form.elements.revision.value });
  };
  form.addEventListener("submit", event => { event.preventDefault(); look(); });
  root.addEventListener("click", event => {
    const { name, do: what } = event.target.closest("[data-name], [data-do]")?.dataset ?? {};
    if (what) return trigger(what);
    if (!name) return;
    form.elements.name.value = name;
    form.elements.revision.value = "";
    look();
  });
  /** A card of facts, or none. */
  const card = (host, shown) => {
    host.hidden = !shown;
    if (shown) setHtml(host.querySelector("div"), told(shown));
  };
  mount(element, props, watch, value => {
    const found = parse("found", value.found), busy = !["", "found", "open"].includes(value.stage), name = form.elements.name;
    if (value.name !== typed && document.activeElement !== name) name.value = typed = value.name;
    card(part("open"), parse("open", value.open));
    card(part("found"), busy && value.stage !== "asking" ? null : found);
    const problems = found?.problems ?? [], why = part("found").querySelector(".bad");
    setText(why, problems.join(" "));
    why.hidden = !problems.length;
    $("[data-do=begin]").hidden = !!problems.length;
    setText($("form + .bad"), value.said);
    $("form + .bad").hidden = !value.said;
    name.toggleAttribute("aria-invalid", !!value.said);
    $(".coming").hidden = !busy;
    setText($(".coming span"), value.words);
    if (value.done === null || value.done === undefined) $("progress").removeAttribute("value");
    else $("progress").value = value.done;
  });
};
