/* A head that was pinned stays beside the selected one, small, with the same row marked, to compare the two. */
import { paintCells } from "../../core/colours.js";
import { setText } from "../../core/text.js";
import { glyphOf } from "../../core/tokens.js";
import { roleText } from "../../charts/head-words.js";
import { largestKeys, weightText } from "../../charts/weights.js";
/** @import { Frame } from "../../charts/weights.js" */

const HTML = `<div class="pt"><h3></h3><span class="role"></span><span class="grow"></span>
    <button class="b small quiet" data-p="select">Select</button><button class="b small quiet" data-p="unpin">Unpin</button></div>
  <div class="well"><canvas role="img"></canvas><div class="sel"></div></div><p class="axt"></p>`;

export const pinnedHead = (host, { unpin, choose }) => {
  host.innerHTML = HTML;
  const $ = name => host.querySelector(name);
  $("[data-p=unpin]").addEventListener("click", unpin);
  $("[data-p=select]").addEventListener("click", choose);

  /** What the pinned head does at the selected row. */
  const sentence = (frame, [layer, head], query) => {
    const row = frame.row(layer, head, query), first = largestKeys(row)[0];
    if (first === undefined) return `Row ${query} sees nothing.`;
    return `Row ${query}: most on ${glyphOf(frame.keys[first])} (${first}), ${weightText(row[first])}.`;
  };
  return { draw(/** @type {Frame} */ frame, /** @type {[number, number] | null} */ pin, { query }) {
    host.hidden = !pin;
    if (!pin) return;
    const [layer, head] = pin, text = sentence(frame, pin, query);
    setText($("h3"), `L${layer} H${head}, pinned`);
    setText($(".role"), roleText(frame.info[layer * frame.heads + head]));
    $(".well").style.aspectRatio = `${frame.S}/${frame.T}`;
    paintCells($("canvas"), ...frame.picture(layer, head), frame.S, frame.T, frame.scale.table());
    Object.assign($(".sel").style, { top: `${query / frame.T * 100}%`, height: `${100 / frame.T}%` });
    setText($(".axt"), text);
    $("canvas").setAttribute("aria-label", `Weights of L${layer} H${head}. ${text}`);
  } };
};
