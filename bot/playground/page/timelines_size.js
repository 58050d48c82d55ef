// The height of the event timeline: by dragging, by arrow keys, or collapsed.

import { h } from "./dom.js";

const MIN_HEIGHT = 120;
const MAX_SHARE = 0.7;
const STEP = 24;
const COLLAPSED_HEIGHT = 42;

/** `handle` belongs at the panel's edge, `fold` in its head; `open` expands it. */
export function mountSize(panel) {
  let height = null;
  const most = () => Math.round(panel.parentElement.clientHeight * MAX_SHARE);
  const resize = (wanted) => {
    height = Math.max(MIN_HEIGHT, Math.min(most(), Math.round(wanted)));
    apply();
  };
  const set = (folded) => {
    panel.classList.toggle("is-folded", folded);
    apply();
  };
  const handle = handleOf(panel, resize);
  const fold = h("button", { type: "button", class: "timelines-fold", onclick: () => set(!panel.classList.contains("is-folded")) });

  function apply() {
    const folded = panel.classList.contains("is-folded");
    const shown = folded ? COLLAPSED_HEIGHT : height;
    panel.parentElement.style.setProperty("--timelines-height", shown && `${shown}px`);
    fold.setAttribute("aria-expanded", String(!folded));
    fold.setAttribute("aria-label", folded ? "Expand the event timeline" : "Collapse the event timeline");
    handle.setAttribute("aria-valuemax", String(most()));
    handle.setAttribute("aria-valuenow", String(height ?? panel.clientHeight));
  }
  apply();
  return { handle, fold, open: () => set(false) };
}

/** A separator as https://www.w3.org/WAI/ARIA/apg/patterns/windowsplitter/ has it. */
function handleOf(panel, resize) {
  const handle = h("div", {
    class: "timelines-handle",
    role: "separator",
    "aria-orientation": "horizontal",
    "aria-label": "Height of the event timeline",
    "aria-valuemin": String(MIN_HEIGHT),
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
