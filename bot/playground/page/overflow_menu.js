// The overflow menu: it opens above everything, and closes on a click elsewhere.

import { h } from "./dom.js";

const GAP = 4;
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/** `items` are its links and buttons; `action` is its action_id. */
export function overflowMenu(items, action) {
  const opener = h("button", {
    type: "button",
    class: "slack-overflow",
    "aria-label": "More actions",
    "aria-haspopup": "menu",
    "data-action": action,
  }, "⋯");
  for (const item of items) item.setAttribute("role", "menuitem");
  const menu = h("div", {
    class: "slack-menu",
    popover: "auto",
    role: "menu",
    "aria-label": "More actions",
    onclick: () => menu.hidePopover(),
    onkeydown: (event) => step(event, items),
    onbeforetoggle: ({ newState }) => newState === "open" && placeBelow(menu, opener.getBoundingClientRect()),
    ontoggle: ({ newState }) => newState === "open" && items[0].focus(),
  }, items);
  opener.popoverTargetElement = menu;
  return [opener, menu];
}

function step(event, items) {
  const by = STEPS[event.key];
  if (!by) return;
  event.preventDefault();
  items.at((items.indexOf(document.activeElement) + by) % items.length).focus();
}

/** Place the menu below or above its button, where there is more room, aligned to the nearer edge. */
function placeBelow(menu, { left, right, top, bottom }) {
  const isLow = bottom > innerHeight / 2;
  const isRight = right > innerWidth / 2;
  Object.assign(menu.style, {
    top: isLow ? "auto" : `${bottom + GAP}px`,
    bottom: isLow ? `${innerHeight - top + GAP}px` : "auto",
    left: isRight ? "auto" : `${left}px`,
    right: isRight ? `${document.documentElement.clientWidth - right}px` : "auto",
  });
}
