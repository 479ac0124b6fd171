/* Neighbours of the chosen word in both methods, now and over time, and analogies as they are typed. */
import { iconHtml } from "../../core/icons.js";
import { esc, setHtml, setText } from "../../core/text.js";
import { tableView } from "../../charts/table.js";

const METHODS = ["skip-gram", "CBOW"], TYPED_MS = 120;
const cosine = x => x.toFixed(2).replace("-", "−");
const button = word => `<button type="button" class="link" data-word="${esc(word)}">${esc(word)}</button>`;
/** [[word, cosine, class], ...] as rows with bars; `own`: the class that is the chosen word's. */
const ranked = (rows, own) => rows.map(([word, x, kind]) => `<li><span class="name">${button(word)}</span>
  <span class="bar"><i style="width:${Math.max(0, 100 * x).toFixed(1)}%"></i></span><b>${cosine(x)}</b>
  <span class="muted">${esc(kind)}${own && kind && kind !== own ? " ≠" : ""}</span></li>`).join("");
const onWord = (host, choose) => host.addEventListener("click", event => {
  const word = event.target.closest("[data-word]");
  if (word) choose(word.dataset.word);
});
const columns = () => METHODS.map(name => `<div><h3>${name}</h3><ol class="ranked"></ol></div>`).join("");

export const wordLists = (host, choose) => {
  host.innerHTML = `<div class="pt"><h2></h2><span>by the cosine</span></div><div class="two">${columns()}</div>
    <details class="more"><summary>${iconHtml("caret")}<span>The lists over time</span></summary><div class="past"></div></details>`;
  const [left, right] = host.querySelectorAll(".ranked"), past = tableView(host.querySelector(".past"));
  onWord(host, choose);
  return { draw(word, near, time, own) {
    setText(host.querySelector("h2"), `Nearest to “${word}”`);
    [left, right].forEach((node, m) => setHtml(node, ranked(near[m], own)));
    past.draw({ name: `neighbours-of-${word}`, title: "", columns: ["words read", ...METHODS.map(label => ({ label, align: "left" }))],
      rows: time.map(([read, ...lists]) => [read, ...lists.map(list => list.join(", "))]) });
  } };
};

export const wordAnalogy = (host, ask, choose) => {
  host.innerHTML = `<div class="pt"><h2>Analogy</h2><span>a − b + c, of vectors of length 1</span></div>
    <form class="abc">${["a", "b", "c"].map((name, i) => `${i ? `<span>${i === 1 ? "−" : "+"}</span>` : ""}
      <input name="${name}" aria-label="${["Word", "minus", "plus"][i]}" placeholder="${name}" autocomplete="off" spellcheck="false">`).join("")}<span>=</span></form>
    <p class="bad" role="status" hidden></p><div class="two">${columns()}</div>`;
  const inputs = [...host.querySelectorAll("input")], bad = host.querySelector(".bad"), [left, right] = host.querySelectorAll(".ranked");
  let waiting = 0, until = 0;
  onWord(host, choose);
  host.querySelector("form").addEventListener("submit", event => event.preventDefault());
  host.querySelector("form").addEventListener("input", () => {
    clearTimeout(waiting);
    until = performance.now() + 1500;                  // answers to earlier letters are not written into the boxes
    waiting = setTimeout(() => ask({ a: inputs[0].value, b: inputs[1].value, c: inputs[2].value }), TYPED_MS);
  });
  return { draw({ abc, error, found }) {
    if (performance.now() > until && !inputs.includes(document.activeElement)) inputs.forEach((input, i) => { if (input.value !== abc[i]) input.value = abc[i]; });
    setText(bad, error);
    bad.hidden = !error;
    [left, right].forEach((node, m) => setHtml(node, ranked(found[m] ?? [], "")));
  } };
};
