// Every event's way: a list of them, and the steps of one, lane by lane, with milliseconds.

import { fill, h } from "./dom.js";
import { clock, duration, everySecond, until } from "./time.js";

const DOOR = new Set(["posted", "received", "verified", "queued"]);
const BAD = new Set(["retrying", "failed", "dead letter"]);
const GOOD = new Set(["arrived", "sent"]);
const PUBLIC = { accepted: "Waiting", unhandled: "No handler", dead: "Dead letter" };

export function mount(root, page) {
  const trails = new Map();
  const rows = new Map();
  let focused = null;
  let chosen = false;
  const list = h("ul", { class: "trail-list", "aria-label": "Events, the latest first" });
  const hint = h("p", { class: "hint" }, "Each event's way appears here: received, verified, queued, each attempt, arrived.");
  const detail = h("div", { class: "trail-detail", "aria-live": "off" });
  root.append(h("h2", {}, "Trails"), hint, h("div", { class: "trail-columns" }, list, detail));

  const focus = (eventId) => {
    focused = eventId;
    for (const [id, row] of rows) row.firstChild.setAttribute("aria-pressed", String(id === eventId));
    const trail = trails.get(eventId);
    fill(detail, trail ? detailOf(trail, page) : null);
  };

  page.on("trail", (trail) => {
    hint.hidden = true;
    trails.set(trail.event_id, trail);
    const row = rowOf(trail, () => { chosen = true; focus(trail.event_id); });
    if (rows.has(trail.event_id)) {
      const held = rows.get(trail.event_id).contains(document.activeElement);
      rows.get(trail.event_id).replaceWith(row);
      if (held) row.firstChild.focus();
    } else {
      list.prepend(row);
      if (!chosen || focused === null) focused = trail.event_id;
    }
    rows.set(trail.event_id, row);
    if (focused === trail.event_id) focus(focused);
    else row.firstChild.setAttribute("aria-pressed", "false");
  });
  page.on("focus", ({ event_id }) => {
    chosen = true;
    focus(event_id);
    rows.get(event_id)?.scrollIntoView({ block: "nearest" });
  });
  everySecond(() => {
    for (const [id, trail] of trails) {
      if (!trail.deliveries.some((delivery) => delivery.next_at)) continue;
      rows.get(id).querySelector(".chip").textContent = stateOf(trail)[1];
    }
    for (const element of detail.querySelectorAll("[data-due]")) {
      element.textContent = countDown(Number(element.dataset.due));
    }
  });
}

/** A class and words for how an event stands; trouble first. */
function stateOf(trail) {
  if (trail.dead) return ["is-bad", PUBLIC.dead];
  if (trail.state !== "handled") return ["is-neutral", PUBLIC[trail.state] ?? trail.state];
  const states = new Set(trail.deliveries.map(({ state }) => state));
  if (states.has("retrying")) {
    const due = Math.min(...trail.deliveries.filter((d) => d.next_at).map((d) => d.next_at));
    return ["is-refused", until(due) ? `Again in ${until(due)}` : "Again now"];
  }
  if (states.has("sending") || states.has("pending")) return ["is-neutral", "On its way"];
  return ["is-good", trail.deliveries.length ? "Arrived" : "Kept"];
}

function rowOf(trail, onclick) {
  const [mood, words] = stateOf(trail);
  return h("li", {},
    h("button", { type: "button", class: `trail-row ${mood}`, onclick, "aria-pressed": "false", title: trail.event_id },
      h("span", { class: "chip" }, words),
      h("span", { class: "trail-type" }, trail.type),
      h("span", { class: "trail-id" }, trail.event_id),
    ));
}

function detailOf(trail, page) {
  const start = trail.steps[0]?.at ?? 0;
  return [
    h("div", { class: "trail-head" },
      h("h3", {}, trail.type),
      h("code", { title: trail.event_id }, trail.event_id),
      h("span", { class: "trail-clock" }, clock(start)),
      trail.dead
        ? h("button", { type: "button", class: "is-main", onclick: () => page.post("/retry", { id: trail.event_id }) }, "Try again")
        : null,
    ),
    trail.reason ? h("p", { class: "trail-reason" }, trail.reason) : null,
    h("div", { class: "lanes" }, lanesOf(trail).map((lane) => laneView(lane, start))),
  ];
}

/** The door, the worker, and each destination, with the steps that were taken there. */
function lanesOf(trail) {
  const door = { label: "Web", steps: trail.steps.filter(({ what }) => DOOR.has(what)) };
  const worker = { label: "Worker", steps: trail.steps.filter((s) => !DOOR.has(s.what) && !s.to) };
  const ways = trail.deliveries.map((delivery) => ({
    label: delivery.where,
    delivery,
    steps: trail.steps.filter(({ delivery_id }) => delivery_id === delivery.id),
  }));
  return [door, worker, ...ways].filter(({ steps, delivery }) => steps.length || delivery);
}

function laneView({ label, steps, delivery }, start) {
  return h("div", { class: "lane" },
    h("h4", { class: "lane-label", title: label }, label),
    h("ol", { class: "steps" }, steps.map((step) => stepView(step, start)), delivery?.next_at ? dueView(delivery) : null));
}

function stepView(step, start) {
  const mood = BAD.has(step.what) ? "is-bad" : GOOD.has(step.what) ? "is-good" : "";
  return h("li", { class: `step ${mood}` },
    h("span", { class: "step-what" }, step.what),
    h("span", { class: "step-at" }, step.at === start ? "0" : `+${duration(step.at - start)}`),
    step.detail ? h("span", { class: "step-detail" }, step.detail) : null);
}

const countDown = (due) => (until(due) ? `again in ${until(due)}` : "again now");

const dueView = ({ next_at }) =>
  h("li", { class: "step is-due" }, h("span", { class: "step-what", "data-due": String(next_at) }, countDown(next_at)));
