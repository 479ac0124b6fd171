/* The nearest vectors of the chosen one, as buttons with bars, and facts about it. */
import { setText } from "../../core/text.js";
import { glyphOf } from "../../core/tokens.js";

const LIST = 8;                                        // room for as many, so that nothing moves

export const vectorNear = (host, choose) => {
  host.innerHTML = `<button class="n" data-i><b class="mono"></b> <i><u></u></i> <span></span></button>`.repeat(LIST);
  const rows = [...host.children];
  let shown = [];
  host.addEventListener("click", event => { const at = rows.indexOf(event.target.closest("[data-i]")); if (shown[at]) choose(shown[at][0]); });
  host.addEventListener("keydown", event => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key], at = rows.indexOf(document.activeElement);
    if (!by || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    const next = rows[at + by];
    if (next && next.style.visibility !== "hidden") next.focus({ preventScroll: true });
  });
  return { draw({ near, words }) {
    shown = near;
    rows.forEach((row, i) => {
      const one = near[i];
      row.style.visibility = one ? "" : "hidden";
      if (!one) return;
      const [word, bar, number] = row.children, text = glyphOf(words[one[0]]), said = one[1].toFixed(2).replace("-", "−");
      setText(word, text);
      bar.firstChild.style.width = `${Math.max(0, 100 * one[1]).toFixed(1)}%`;
      setText(number, said);
      row.setAttribute("aria-label", `${text} ${said}, cosine`);
    });
  } };
};

/** [[name, value, small print]] as a list of facts, updated in place. */
export const vectorFacts = (host, facts) => {
  if (host.children.length !== facts.length) host.innerHTML = '<div><dt></dt><dd></dd><dd class="aside"></dd></div>'.repeat(facts.length);
  facts.forEach((texts, i) => texts.forEach((text, k) => setText(host.children[i].children[k], text)));
};
