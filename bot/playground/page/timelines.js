// The event timeline: a list of events, and the timeline of the selected one.

import { fill, h } from "./dom.js";
import { liveText } from "./time.js";
import { mountSize } from "./timelines_size.js";
import { moodOfDelivery, stateOf } from "./timeline_state.js";
import { bodyOf, headOf } from "./timeline_view.js";

const UNKNOWN = "The bot has not stored this event: it was refused, or has not been received yet.";

export function mount(root, page) {
  const timelines = new Map();
  let newest = null;
  let focused = null;
  let pinned = null;
  const draw = () => detail.show(focused, timelines.get(focused), focused === pinned);
  const focus = (id) => {
    focused = id;
    rows.mark(focused, pinned);
    draw();
  };
  // A pinned event stays selected; otherwise the newest one is.
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

  page.on("timeline", (timeline) => {
    const isNewest = !timelines.has(timeline.event_id) && !(begin(timeline) < begin(timelines.get(newest)));
    if (isNewest) newest = timeline.event_id;
    timelines.set(timeline.event_id, timeline);
    root.classList.remove("is-empty");
    rows.put(timeline);
    if (isNewest && pinned === null) focus(newest);
    else if (timeline.event_id === focused) draw();
  });
  page.on("focus", ({ event_id, quiet }) => {
    if (!quiet) {
      size.open();
      pin(event_id);
    } else if (pinned === null) focus(event_id);
  });
}

const begin = (timeline) => timeline?.steps[0]?.at;

const emptyView = () =>
  h("p", { class: "empty" },
    h("strong", {}, "The timeline of each event appears here"),
    h("span", {}, "posted → received → verified → queued → handled → sending → arrived, with the time of each step"));

/** The list; `put` adds or updates an event, `mark` sets the selected and the pinned one. */
function rowList(toggle) {
  const rows = new Map();
  let shown = null;
  let pinned = null;
  const count = h("span", { class: "panel-note" });
  const list = h("ul", { class: "timeline-list", "aria-label": "Events, latest first" });
  const element = h("div", { class: "timeline-side" }, h("div", { class: "panel-head" }, h("h2", {}, "Event timeline"), count), list);
  const say = () => {
    const events = rows.size === 1 ? "1 event" : `${rows.size} events`;
    count.textContent = `${events} · ${pinned === null ? "newest selected" : "one pinned"}`;
  };
  const state = (id) => {
    rows.get(id)?.setAttribute("aria-current", String(id === shown));
    rows.get(id)?.setAttribute("aria-pressed", String(id === pinned));
  };
  const add = (id) => {
    const row = h("button", { type: "button", class: "timeline-row", title: id, onclick: () => toggle(id) });
    rows.set(id, row);
    list.prepend(h("li", {}, row));
    state(id);
    say();
  };
  return {
    element,
    put(timeline) {
      if (!rows.has(timeline.event_id)) add(timeline.event_id);
      fillRow(rows.get(timeline.event_id), timeline);
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

function fillRow(row, timeline) {
  row.className = `timeline-row ${stateOf(timeline).mood}`;
  fill(row,
    liveText(h("span", { class: "chip" }), () => stateOf(timeline).words),
    h("span", { class: "timeline-type" }, timeline.type),
    h("span", { class: "timeline-id" }, timeline.event_id),
    h("span", { class: "timeline-places" }, timeline.deliveries.map((delivery) =>
      h("span", { class: `place ${moodOfDelivery(delivery)}`, title: `${delivery.where}: ${delivery.state}` },
        h("span", { class: "sr-only" }, `${delivery.where}: ${delivery.state} `)))));
}

/** The timeline of the selected event; `show` gets it if there is one. */
function detailView(page, fold, togglePin) {
  const head = h("div", { class: "timeline-head" });
  const body = h("div", { class: "timeline-body", role: "region", "aria-label": "Timeline of the event", tabindex: "0" });
  const pin = h("button", { type: "button", class: "timeline-pin", onclick: togglePin });
  return {
    element: h("div", { class: "timeline-detail" }, h("div", { class: "panel-head" }, head, pin, fold), body),
    show(eventId, timeline, isPinned) {
      const held = head.contains(document.activeElement);
      fill(head, timeline ? headOf(timeline, page) : h("code", { title: eventId }, eventId));
      fill(body, timeline ? bodyOf(timeline) : h("p", { class: "empty" }, UNKNOWN));
      pin.textContent = isPinned ? "Unpin" : "Pin";
      pin.title = isPinned ? "Select the newest event again" : "Keep this event selected when newer ones arrive";
      // After "Retry" the focus stays where the result appears.
      if (held) (head.querySelector("button") ?? body).focus();
    },
  };
}
