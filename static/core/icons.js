/* Icons on a 16 x 16 grid, in the text's colour. They are never alone: a word or an aria-label goes with them. */
const SHAPES = {
  play: '<path d="M5 3.2v9.6l8-4.8z" fill="currentColor"/>',
  pause: '<path d="M5 3.5v9M11 3.5v9" stroke-width="2.6"/>',
  step: '<path d="M3.5 3.6v8.8L10 8z" fill="currentColor"/><path d="M12.5 3.5v9"/>',
  fork: '<circle cx="4.5" cy="3.5" r="1.6"/><circle cx="4.5" cy="12.5" r="1.6"/><circle cx="11.5" cy="5.5" r="1.6"/><path d="M4.5 5.1v5.8M11.5 7.1c0 2.6-7 1-7 3.8"/>',
  rewind: '<path d="M8 3.6v8.8L2.2 8zM13.8 3.6v8.8L8 8z" fill="currentColor"/>',
  reset: '<path d="M3 8a5 5 0 1 0 1.6-3.7"/><path d="M3 2.6v3h3"/>',
  share: '<path d="M6.5 9.5l3-3M7 4.6l1.2-1.2a2.8 2.8 0 0 1 4 4L11 8.6M9 11.4l-1.2 1.2a2.8 2.8 0 0 1-4-4L5 7.4"/>',
  help: '<circle cx="8" cy="8" r="6"/><path d="M6.3 6.3a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.9.7-.9 1.3M8 11.4v.1"/>',
  theme: '<circle cx="8" cy="8" r="5.5"/><path d="M8 2.5a5.5 5.5 0 0 1 0 11z" fill="currentColor"/>',
  sliders: '<path d="M3 5h5M12 5h1M3 11h1M8 11h5"/><circle cx="10" cy="5" r="1.7"/><circle cx="6" cy="11" r="1.7"/>',
  down: '<path d="M8 3v7M5 7.5L8 10.5l3-3M3.5 13h9"/>',
  up: '<path d="M8 11V4M5 6.5L8 3.5l3 3M3.5 13h9"/>',
  lock: '<rect x="3.5" y="7" width="9" height="6" rx="1"/><path d="M5.5 7V5.2a2.5 2.5 0 0 1 5 0V7"/>',
  warn: '<path d="M8 2.5l6 11H2zM8 6.5v3.4M8 11.8v.1"/>',
  close: '<path d="M4 4l8 8M12 4l-8 8"/>',
  code: '<path d="M5.5 4.5L2 8l3.5 3.5M10.5 4.5L14 8l-3.5 3.5"/>',
  menu: '<path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11"/>',
  caret: '<path d="M5 6.5L8 9.5l3-3"/>',
  more: '<path d="M3.5 8h.1M8 8h.1M12.5 8h.1" stroke-width="2.4"/>',
  check: '<path d="M3.5 8.5l3 3 6-7"/>',
};
/** @param {keyof typeof SHAPES} name */
export const iconHtml = name => `<svg class="i" viewBox="0 0 16 16" aria-hidden="true">${SHAPES[name]}</svg>`;
