/* What the attention lens says in words: the finding, the name and role of the selected head, the result of an ablation. */
const plural = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;

/** A head's role and score as one text, "induction 0.74"; empty where no role is clear. */
pg.roleText = info => [info?.role, info?.score?.toFixed(2)].filter(Boolean).join(" ");

/** The button that removes the selected head brings it back once it is the one removed; returns whether it is. */
pg.ablateButton = (button, removed, layer, head) => {
  const off = !!removed && removed.layer === layer && removed.head === head, text = `${off ? "Restore" : "Ablate"} this head`;
  if (button.dataset.text === text) return off;
  button.dataset.text = text;
  button.firstChild.data = `${text} `;
  return off;
};

pg.lensWords = root => {
  const $ = name => root.querySelector(name);
  return {
    finding(finding) {
      pg.set($("h1"), finding?.title || "");
      pg.rich($(".lens-head p"), finding?.html || "");
    },
    draw(frame, { layer, head }, pinned) {
      const info = frame.info[layer * frame.heads + head], result = frame.ablation;
      this.finding(frame.finding);
      pg.set($("[data-t=shape]"), `${plural(frame.layers, "layer")} × ${plural(frame.heads, "head")}, step ${pg.num(frame.step)}`);
      $("[data-t=shape]").title = frame.every ? `To look back, a picture is kept every ${frame.every} steps.` : "";
      pg.set($(".name h2"), `L${layer} H${head}`);
      pg.set($(".name .tag"), pg.roleText(info));
      $(".name .tag").hidden = !info?.role;
      $(".col-map").setAttribute("aria-label", `Layer ${layer}, head ${head}`);
      $("[data-k=pin]").setAttribute("aria-pressed", pinned);
      pg.set($("[data-k=pin]"), pinned ? "Pinned" : "Pin");
      $(".find").hidden = !result;
      pg.ablateButton($("[data-k=ablate]"), result, layer, head);
      if (!result) return;
      pg.set($(".find b"), result.title);
      pg.rich($(".find p"), result.text);
    },
  };
};
