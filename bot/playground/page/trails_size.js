// How much of the screen the trails take: dragged, set by the arrow keys, or folded away.

import { h } from "./dom.js";

const LEAST = 120;
const MOST_SHARE = 0.7;
const STEP = 24;
const FOLDED = 42;

/** `handle` goes to the panel's edge, `fold` into its head; `open` unfolds it. */
export function mountSize(panel) {
  let height = null;
  const most = () => Math.round(panel.parentElement.clientHeight * MOST_SHARE);
  const resize = (wanted) => {
    height = Math.max(LEAST, Math.min(most(), Math.round(wanted)));
    apply();
  };
  const set = (folded) => {
    panel.classList.toggle("is-folded", folded);
    apply();
  };
  const handle = handleOf(panel, resize);
  const fold = h("button", { type: "button", class: "trails-fold", onclick: () => set(!panel.classList.contains("is-folded")) });

  function apply() {
    const folded = panel.classList.contains("is-folded");
    const shown = folded ? FOLDED : height;
    panel.parentElement.style.setProperty("--trails-height", shown && `${shown}px`);
    fold.setAttribute("aria-expanded", String(!folded));
    fold.setAttribute("aria-label", folded ? "Unfold the trails" : "Fold the trails");
    handle.setAttribute("aria-valuemax", String(most()));
    handle.setAttribute("aria-valuenow", String(height ?? panel.clientHeight));
  }
  apply();
  return { handle, fold, open: () => set(false) };
}

/** A separator as https://www.w3.org/WAI/ARIA/apg/patterns/windowsplitter/ has it. */
function handleOf(panel, resize) {
  const handle = h("div", {
    class: "trails-handle",
    role: "separator",
    "aria-orientation": "horizontal",
    "aria-label": "Height of Trails",
    "aria-valuemin": String(LEAST),
    tabindex: "0",
  });
  handle.addEventListener("keydown", (event) => {
    const step = { ArrowUp: STEP, ArrowDown: -STEP }[event.key];
    if (!step) return;
    event.preventDefault();
    resize(panel.offsetHeight + step);
  });
  handle.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
  });
  handle.addEventListener("pointermove", ({ pointerId, clientY }) => {
    if (handle.hasPointerCapture(pointerId)) resize(panel.getBoundingClientRect().bottom - clientY);
  });
  return handle;
}
