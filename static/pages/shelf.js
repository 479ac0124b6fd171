/* The run shelf: the session's runs in a dialog that the header opens. Files are written by the server and saved here. */
import { iconHtml } from "../core/icons.js";
import { mount } from "../core/mount.js";
import { num } from "../core/numbers.js";
import { ask, offer } from "../core/offers.js";
import { esc, reader, setText } from "../core/text.js";
/** @import { Drawn } from "../core/mount.js"
    @import { Make } from "../core/widget.js" */

const MOST_BYTES = 64 * 1024 * 1024, COMPARED = [2, 4];
const MARKUP = `<dialog class="shelf" aria-labelledby="shelf-title">
  <form method="dialog"><h2 id="shelf-title" class="grow">Runs</h2>
    <button class="b quiet icon" aria-label="Close">${iconHtml("close")}</button></form>
  <p class="bad" role="alert" hidden></p><div class="rows"></div>
  <div class="row"><button class="b" data-do="compare" disabled>Compare</button>
    <button class="b" data-do="upload">${iconHtml("up")}Open a run file</button><span class="hint grow"></span></div>
  <p class="said"></p></dialog>`;
const HEADS = ["", "run", "from", "steps", "loss, nats", "right", "MB", ""], UNSEEN = { "loss, nats": "Loss on held-out examples", right: "Share of held-out tokens predicted right" };

const button = (act, label, id, more = "") => `<button class="b small" data-act="${act}" data-id="${id}" ${more}>${label}</button>`;
const cell = (name, content) => `<td data-name="${name}">${content}</td>`;
const line = chosen => ([id, name, origin, steps, loss, right, size, current]) => `<tr class="${current ? "mine" : ""}">
  <td><label class="pick"><input type="checkbox" data-pick="${id}" aria-label="Choose run ${id} to compare" ${chosen.has(id) ? "checked" : ""}></label></td>
  <th scope="row"><b>${id}</b> ${esc(name)}${current ? ' <span class="tag live">on the page</span>' : ""}</th>
  ${cell("from", esc(origin))}${cell("steps", num(steps))}
  ${cell("loss, nats", loss === null ? "–" : loss.toFixed(3))}${cell("right", right === null ? "–" : `${(100 * right).toFixed(1)} %`)}
  ${cell("MB", size.toFixed(1))}
  <td class="acts">${current ? "" : button("reopen", "Open", id)}
    ${button("save", "Run file", id, `title="Config, weights, optimizer and history as one .safetensors file"`)}
    ${button("numbers", "CSV", id, `data-kind="csv" title="Metrics of every step"`)}
    ${button("numbers", "JSON", id, `data-kind="json" title="Config, metrics and marks"`)}
    ${current ? "" : button("remove", "Delete", id)}</td></tr>`;

/** @type {Make} */
export const shelf = (element, props, trigger, watch) => {
  const read = reader(), /** @type {Drawn} */ place = document.createElement("div"), chosen = new Set();
  place.innerHTML = MARKUP;
  document.querySelector("#app")?.append(place);        // outside of the pages: a hidden page would hide it
  const $ = selector => place.querySelector(selector), dialog = $("dialog");
  let asked = false, /** @type {number | null} */ compared = null, rows = [];

  /** The Compare page is made when it is first visited. */
  const start = (tries = 100) => ask("compare", "play") || tries && setTimeout(start, 100, tries - 1);
  const told = () => {
    const n = chosen.size, [least, most] = COMPARED, fits = n >= least && n <= most;
    $("[data-do=compare]").disabled = !fits;
    setText($("[data-do=compare]"), fits ? `Compare ${n} runs` : "Compare");
    setText($(".hint"), fits ? "They go on together on the Compare page." : `Choose ${least} to ${most} runs to compare.`);
  };
  const draw = value => {
    rows = read("rows", value.rows) ?? [];
    for (const id of chosen) if (!rows.some(row => row[0] === id)) chosen.delete(id);
    const body = rows.map(line(chosen)).join("");
    const table = `<table><thead><tr>${HEADS.map(head => `<th scope="col" title="${UNSEEN[head] ?? ""}">${head}</th>`).join("")}</tr></thead><tbody>${body}</tbody></table>`;
    $(".rows").innerHTML = rows.length ? table : "<p>No run yet. Press Play, and it is listed here; or open one that you have saved.</p>";
    setText($(".bad"), value.problem || "");
    $(".bad").hidden = !value.problem;
    setText($(".said"), value.said ?? "");
    told();
    if (asked && compared !== null && value.compared > compared) {
      asked = false;
      dialog.close();
      ask("turn to", "compare");
      start();
    }
    compared = value.compared;
  };

  /* A file goes through Gradio's own input, which checks it and hands the server its bytes. */
  const chooser = Object.assign(document.createElement("input"), { type: "file", accept: ".safetensors" });
  const send = file => {
    if (!file) return;
    if (file.size > MOST_BYTES) {
      $(".bad").hidden = false;
      return setText($(".bad"), `${file.name} has ${Math.ceil(file.size / 2 ** 20)} MB; the page opens runs of up to 64 MB.`);
    }
    const /** @type {HTMLInputElement | null} */ input = document.querySelector("input[data-testid='Open a run-upload-button']");
    if (!input) throw new Error("Gradio has no input for a run file.");
    const list = new DataTransfer();
    list.items.add(file);
    input.files = list.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    setText($(".hint"), `Reading ${file.name} …`);
  };
  chooser.addEventListener("change", () => { send(chooser.files?.[0]); chooser.value = ""; });
  dialog.append(Object.assign(chooser, { hidden: true }));

  const actions = {
    compare: () => { asked = true; trigger("compare", { ids: rows.map(row => row[0]).filter(id => chosen.has(id)).sort((a, b) => a - b) }); },
    upload: () => chooser.click(),
  };
  place.addEventListener("click", event => {
    const act = event.target.closest("[data-act]"), own = event.target.closest("[data-do]");
    if (act) trigger(act.dataset.act, { id: +act.dataset.id, kind: act.dataset.kind });
    if (own) actions[own.dataset.do]();
    if (event.target === dialog) dialog.close();       // the backdrop
  });
  place.addEventListener("change", event => {
    const id = +event.target.dataset?.pick;
    if (!id) return;
    event.target.checked ? chosen.add(id) : chosen.delete(id);
    told();
  });
  offer("open runs", () => { if (!dialog.open) dialog.showModal(); trigger("see"); });
  offer("expect runs", () => { asked = true; });
  mount(element, props, watch, draw, { always: true });
};
