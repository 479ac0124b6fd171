/* Tokens as cells, with what the model thought at each: hover or focus shows the five likeliest. */

/** One token. Right and wrong differ by mark as well as by colour: wrong is underlined and shows the target token. */
pg.tokenCell = (cell, i) => {
  const scored = cell.role !== "prompt", wrong = scored && cell.right === false;
  const judged = !scored ? "" : wrong ? `, wrong, wanted ${pg.glyph(cell.want)}` : cell.right ? ", right" : "";
  const tag = cell.top?.length ? "button" : "span", look = wrong ? " wrong" : cell.right ? " right" : "";
  const said = tag === "button" ? ` type="button" aria-label="${pg.esc(pg.glyph(cell.t) + judged)}"` : "";
  const want = wrong ? `<span class="want" aria-hidden="true">${pg.esc(pg.glyph(cell.want))}</span>` : "";
  return `<${tag} class="tk ${pg.esc(cell.role)}${look}" data-i="${i}"${said}>
    <span class="t">${pg.esc(pg.glyph(cell.t))}</span>${want}</${tag}>`;
};

/** A token the model made, coloured by its probability on the square-root scale. */
pg.madeCell = (cell, i) => {
  const colour = pg.colours()[pg.byteOf(cell.p)], token = pg.esc(pg.glyph(cell.t));
  return `<button type="button" class="tk made" data-i="${i}" aria-label="${token}, probability ${cell.p.toFixed(2)}">
    <span class="t" style="background:${pg.css(colour)};color:${pg.inkOn(colour)}">${token}</span></button>`;
};

const likeliest = cell => {
  const bars = cell.top.map(([token, p]) => {
    const hit = token === cell.want || cell.right && token === cell.t;
    return `<span class="p"><b class="mono${hit ? " hit" : ""}">${pg.esc(pg.glyph(token))}</b>
      <i><i style="width:${(100 * p).toFixed(1)}%"></i></i><span>${p >= 0.095 ? p.toFixed(2) : p.toFixed(3)}</span></span>`;
  });
  return `<span class="muted">${cell.role === "prompt" ? "next here" : "predicted here"}</span>${bars.join("")}`;
};

/** One card for all cells inside `root`, below or above the cell; Esc dismisses it. `find(node)` -> the node's cell. */
pg.tokenCards = (root, find) => {
  const tip = root.appendChild(Object.assign(document.createElement("div"), { className: "hover-card probs", hidden: true }));
  const show = event => {
    const node = event.target.closest?.("button.tk"), cell = node && find(node);
    if (!cell?.top?.length) return;
    tip.innerHTML = likeliest(cell);
    tip.hidden = false;
    const box = node.getBoundingClientRect(), base = root.getBoundingClientRect();
    const below = innerHeight - box.bottom > tip.offsetHeight + 16;
    const left = Math.max(0, Math.min(box.left - base.left, base.width - tip.offsetWidth));
    const top = below ? box.bottom - base.top + 8 : box.top - base.top - tip.offsetHeight - 8;
    Object.assign(tip.style, { left: `${left}px`, top: `${top}px` });
  };
  const hide = () => { tip.hidden = true; };
  root.addEventListener("pointerover", show);
  root.addEventListener("focusin", show);
  root.addEventListener("pointerout", event => { if (event.target.closest("button.tk")) hide(); });
  root.addEventListener("focusout", hide);
  root.addEventListener("keydown", event => { if (event.key === "Escape") hide(); });
};
