// Every event's way: a list of them, and the steps of one.

import { fill, h } from "./dom.js";
import { keepTelling } from "./time.js";
import { mountSize } from "./trails_size.js";
import { moodOfDelivery, stateOf } from "./trail_state.js";
import { bodyOf, headOf } from "./trail_view.js";

const UNKNOWN = "The bot has kept nothing of this event: it was refused at the door, or has not come through yet.";

export function mount(root, page) {
  const trails = new Map();
  let newest = null;
  let focused = null;
  let pinned = null;
  const draw = () => detail.show(focused, trails.get(focused), focused === pinned);
  const focus = (id) => {
    focused = id;
    rows.mark(focused, pinned);
    draw();
  };
  // A pinned event stays; else the newest is followed.
  const pin = (id) => {
    pinned = id;
    focus(id);
  };
  const toggle = (id) => {
    if (id !== pinned) return pin(id);
    pinned = null;
    focus(newest ?? id);
  };
  const rows = rowList(toggle);
  const size = mountSize(root);
  const detail = detailView(page, size.fold, () => toggle(focused));
  root.classList.add("is-empty");
  root.append(size.handle, rows.element, detail.element, emptyView());

  page.on("trail", (trail) => {
    const isNewest = !trails.has(trail.event_id) && !(begin(trail) < begin(trails.get(newest)));
    if (isNewest) newest = trail.event_id;
    trails.set(trail.event_id, trail);
    root.classList.remove("is-empty");
    rows.put(trail);
    if (isNewest && pinned === null) focus(newest);
    else if (trail.event_id === focused) draw();
  });
  page.on("focus", ({ event_id, quiet }) => {
    if (!quiet) {
      size.open();
      pin(event_id);
    } else if (pinned === null) focus(event_id);
  });
}

const begin = (trail) => trail?.steps[0]?.at;

const emptyView = () =>
  h("p", { class: "empty" },
    h("strong", {}, "Each event's way is drawn here"),
    h("span", {}, "posted → received → verified → queued → handled → sending → arrived, with the milliseconds of every step"));

/** The list; `put` adds a trail or draws it anew, `mark` says which one is shown and which is pinned. */
function rowList(toggle) {
  const rows = new Map();
  let shown = null;
  let pinned = null;
  const count = h("span", { class: "panel-note" });
  const list = h("ul", { class: "trail-list", "aria-label": "Events, the latest first" });
  const element = h("div", { class: "trail-side" }, h("div", { class: "panel-head" }, h("h2", {}, "Trails"), count), list);
  const say = () => {
    const events = rows.size === 1 ? "1 event" : `${rows.size} events`;
    count.textContent = `${events} · ${pinned === null ? "follows the newest" : "one is pinned"}`;
  };
  const state = (id) => {
    rows.get(id)?.setAttribute("aria-current", String(id === shown));
    rows.get(id)?.setAttribute("aria-pressed", String(id === pinned));
  };
  const add = (id) => {
    const row = h("button", { type: "button", class: "trail-row", title: id, onclick: () => toggle(id) });
    rows.set(id, row);
    list.prepend(h("li", {}, row));
    state(id);
    say();
  };
  return {
    element,
    put(trail) {
      if (!rows.has(trail.event_id)) add(trail.event_id);
      fillRow(rows.get(trail.event_id), trail);
    },
    mark(nowShown, nowPinned) {
      const changed = new Set([shown, pinned, nowShown, nowPinned]);
      [shown, pinned] = [nowShown, nowPinned];
      changed.forEach(state);
      say();
      rows.get(shown)?.scrollIntoView({ block: "nearest" });
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
function detailView(page, fold, togglePin) {
  const head = h("div", { class: "trail-head" });
  const body = h("div", { class: "trail-body", role: "region", "aria-label": "The way of the event", tabindex: "0" });
  const pin = h("button", { type: "button", class: "trail-pin", onclick: togglePin });
  return {
    element: h("div", { class: "trail-detail" }, h("div", { class: "panel-head" }, head, pin, fold), body),
    show(eventId, trail, isPinned) {
      const held = head.contains(document.activeElement);
      fill(head, trail ? headOf(trail, page) : h("code", { title: eventId }, eventId));
      fill(body, trail ? bodyOf(trail) : h("p", { class: "empty" }, UNKNOWN));
      pin.textContent = isPinned ? "Unpin" : "Pin";
      pin.title = isPinned ? "Follow the newest event again" : "Keep this event here when newer ones come";
      // Whoever pressed "Try again" goes on from where the outcome is told.
      if (held) (head.querySelector("button") ?? body).focus();
    },
  };
}
