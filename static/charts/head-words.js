/* What the attention lens says in words: the finding, the name and role of the selected head, the result of an ablation. */
import { stepText } from "../core/numbers.js";
import { rich } from "../core/rich.js";
import { setText } from "../core/text.js";

const plural = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;

/** A head's role and score as one text, "induction 0.74"; empty where no role is clear. */
export const roleText = info => [info?.role, info?.score?.toFixed(2)].filter(Boolean).join(" ");

/** The button that removes the selected head brings it back once it is the one removed; returns whether it is. */
export const ablateButton = (button, removed, layer, head) => {
  const off = !!removed && removed.layer === layer && removed.head === head, text = `${off ? "Restore" : "Ablate"} this head`;
  if (button.dataset.text === text) return off;
  button.dataset.text = text;
  button.firstChild.data = `${text} `;
  return off;
};

export const lensWords = root => {
  const $ = name => root.querySelector(name);
  return {
    finding(finding) {
      setText($("h1"), finding?.title || "");
      rich($(".lens-head p"), finding?.html || "");
    },
    draw(frame, { layer, head }, pinned) {
      const info = frame.info[layer * frame.heads + head], result = frame.ablation;
      this.finding(frame.finding);
      setText($("[data-t=shape]"), `${plural(frame.layers, "layer")} × ${plural(frame.heads, "head")}, ${stepText(frame.step)}`);
      $("[data-t=shape]").title = frame.every && frame.step >= 0 ? `To look back, a picture is kept every ${frame.every} steps.` : "";
      setText($(".name h2"), `L${layer} H${head}`);
      setText($(".name .tag"), roleText(info));
      $(".name .tag").hidden = !info?.role;
      $(".col-map").setAttribute("aria-label", `Layer ${layer}, head ${head}`);
      $("[data-k=pin]").setAttribute("aria-pressed", pinned);
      setText($("[data-k=pin]"), pinned ? "Pinned" : "Pin");
      $(".find").hidden = !result;
      ablateButton($("[data-k=ablate]"), result, layer, head);
      if (!result) return;
      setText($(".find b"), result.title);
      rich($(".find p"), result.text);
    },
  };
};
