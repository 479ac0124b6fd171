/** Stand a card, which is seen, below a node of its host, or above where the window ends.
    @type {(card: HTMLElement, node: HTMLElement, host: HTMLElement) => void} */
export const cardBeside = (card, node, host) => {
  const box = node.getBoundingClientRect(), base = host.getBoundingClientRect(), below = innerHeight - box.bottom > card.offsetHeight + 16;
  const left = Math.max(0, Math.min(box.left - base.left, base.width - card.offsetWidth));
  const top = below ? box.bottom - base.top + 6 : box.top - base.top - card.offsetHeight - 6;
  Object.assign(card.style, { left: `${left}px`, top: `${top}px` });
};
