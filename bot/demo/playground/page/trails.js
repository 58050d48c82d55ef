// Every event's way: a list of them, and the steps of one.

import { fill, h } from "./dom.js";
import { keepTelling } from "./time.js";
import { mountSize } from "./trails_size.js";
import { moodOfDelivery, stateOf } from "./trail_state.js";
import { bodyOf, headOf } from "./trail_view.js";

const UNKNOWN = "The bot has kept nothing of this event: it was refused at the door, or has not come through yet.";

export function mount(root, page) {
  const trails = new Map();
  let focused = null;
  let chosen = false;
  const focus = (id) => {
    focused = id;
    rows.mark(id);
    detail.show(trails.get(id));
  };
  const choose = (id) => {
    chosen = true;
    focus(id);
  };
  const rows = rowList(choose);
  const size = mountSize(root);
  const detail = detailView(page, size.fold);
  root.classList.add("is-empty");
  root.append(size.handle, rows.element, detail.element, emptyView());

  page.on("trail", (trail) => {
    const isNew = !trails.has(trail.event_id);
    trails.set(trail.event_id, trail);
    root.classList.remove("is-empty");
    rows.put(trail);
    if (isNew && !chosen) focus(trail.event_id);
    else if (trail.event_id === focused) detail.show(trail);
  });
  page.on("focus", ({ event_id, quiet }) => {
    if (!quiet) size.open();
    choose(event_id);
  });
}

const emptyView = () =>
  h("p", { class: "empty" },
    h("strong", {}, "Each event's way is drawn here"),
    h("span", {}, "posted → received → verified → queued → handled → sending → arrived, with the milliseconds of every step"));

/** The list; `put` adds a trail or draws it anew, `mark` shows which one is looked at. */
function rowList(choose) {
  const rows = new Map();
  let marked = null;
  const count = h("span", { class: "panel-note" });
  const list = h("ul", { class: "trail-list", "aria-label": "Events, the latest first" });
  const element = h("div", { class: "trail-side" }, h("div", { class: "panel-head" }, h("h2", {}, "Trails"), count), list);
  const add = (id) => {
    const pressed = String(id === marked);
    const row = h("button", { type: "button", class: "trail-row", title: id, onclick: () => choose(id), "aria-pressed": pressed });
    rows.set(id, row);
    list.prepend(h("li", {}, row));
    count.textContent = rows.size === 1 ? "1 event" : `${rows.size} events`;
  };
  return {
    element,
    put(trail) {
      if (!rows.has(trail.event_id)) add(trail.event_id);
      fillRow(rows.get(trail.event_id), trail);
    },
    mark(id) {
      rows.get(marked)?.setAttribute("aria-pressed", "false");
      marked = id;
      rows.get(id)?.setAttribute("aria-pressed", "true");
      rows.get(id)?.scrollIntoView({ block: "nearest" });
    },
  };
}

function fillRow(row, trail) {
  row.className = `trail-row ${stateOf(trail).mood}`;
  fill(row,
    keepTelling(h("span", { class: "chip" }), () => stateOf(trail).words),
    h("span", { class: "trail-type" }, trail.type),
    h("span", { class: "trail-id" }, trail.event_id),
    h("span", { class: "trail-places" }, trail.deliveries.map((delivery) =>
      h("span", { class: `place ${moodOfDelivery(delivery)}`, title: `${delivery.where}: ${delivery.state}` },
        h("span", { class: "sr-only" }, `${delivery.where}: ${delivery.state} `)))));
}

/** The steps of the event that is looked at; `show` gets its trail, if there is one. */
function detailView(page, fold) {
  const head = h("div", { class: "trail-head" });
  const body = h("div", { class: "trail-body", role: "region", "aria-label": "The way of the event", tabindex: "0" });
  return {
    element: h("div", { class: "trail-detail" }, h("div", { class: "panel-head" }, head, fold), body),
    show(trail) {
      const held = head.contains(document.activeElement);
      fill(head, trail ? headOf(trail, page) : null);
      fill(body, trail ? bodyOf(trail) : h("p", { class: "empty" }, UNKNOWN));
      // Whoever pressed "Try again" goes on from where the outcome is told.
      if (held) (head.querySelector("button") ?? body).focus();
    },
  };
}
