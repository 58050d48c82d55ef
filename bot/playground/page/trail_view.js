// One event's way: a lane for each who had a part in it, on one axis of time, and its steps.

import { h } from "./dom.js";
import { clock, duration, keepTelling, until } from "./time.js";
import { placeOf, stretches } from "./trail_scale.js";
import { moodOfDelivery, stateOf } from "./trail_state.js";

const DOOR = new Set(["posted", "received", "verified", "queued"]);
const MOODS = {
  arrived: "is-good",
  sent: "is-good",
  retrying: "is-refused",
  failed: "is-bad",
  "dead letter": "is-bad",
  "worker killed": "is-bad",
};
const ROOM = 0.16;
/** How the time after a step was spent; after any other there is nothing more to wait for. */
const SPENT = { posted: "door", received: "door", verified: "door", sending: "attempt", arrived: "reply", retrying: "wait", "worker killed": "wait" };

export function headOf(trail, page) {
  const { mood } = stateOf(trail);
  return [
    h("span", { class: `trail-state ${mood}` }, keepTelling(h("span", { class: "chip" }), () => stateOf(trail).words)),
    h("h3", {}, trail.type),
    h("code", { title: trail.event_id }, trail.event_id),
    h("span", { class: "trail-took" }, took(trail)),
    trail.dead
      ? h("button", { type: "button", class: "is-main", onclick: () => page.post("/retry", { id: trail.event_id }) }, "Try again")
      : null,
  ];
}

/** When it came, and once nobody waits any more, how long it took until the last had it. */
function took(trail) {
  const { steps } = trail;
  if (!steps.length) return "";
  const ids = new Set(trail.deliveries.map(({ id }) => id));
  const arrived = stateOf(trail).mood === "is-good" && steps.findLast(({ what, delivery_id }) => what === "arrived" && ids.has(delivery_id));
  const all = arrived ? ` · arrived after ${duration(arrived.at - steps[0].at)}` : "";
  return `${clock(steps[0].at)}${all}`;
}

export function bodyOf(trail) {
  const start = trail.steps[0]?.at ?? 0;
  const dues = [...trail.deliveries, ...trail.notices].map(({ next_at }) => next_at).filter((at) => at > start);
  const axis = stretches([...trail.steps.map(({ at }) => at), ...dues]);
  const lanes = (of) => h("div", { class: "lanes" }, of.map((lane) => laneView(lane, start, axis)));
  return [
    trail.reason ? h("p", { class: "trail-reason" }, trail.reason) : null,
    axisView(axis, start),
    lanes([...processLanes(trail), ...trail.deliveries.map((delivery) => deliveryLane(delivery, trail))]),
    trail.notices.length
      ? [h("h4", { class: "lanes-title" }, "Notice of the failure, to the operators"),
        lanes(trail.notices.map((notice) => deliveryLane(notice, trail)))]
      : null,
  ];
}

/** The web process and the worker, with the steps that were taken there. */
function processLanes({ steps }) {
  const queued = steps.find(({ what }) => what === "queued");
  const lanes = [
    { label: "Web", mood: "is-neutral", steps: steps.filter(({ what }) => DOOR.has(what)) },
    { label: "Worker", mood: "is-neutral", since: queued?.at, steps: steps.filter((step) => !DOOR.has(step.what) && !step.to) },
  ];
  return lanes.filter((lane) => lane.steps.length);
}

const deliveryLane = (delivery, { steps }) => ({
  label: delivery.where,
  mood: moodOfDelivery(delivery),
  delivery,
  steps: steps.filter(({ delivery_id }) => delivery_id === delivery.id),
});

/** What the axis says: how long it is quiet, and when the busy stretches end that have room for it. */
function axisView(axis, start) {
  const marks = axis.map(({ from, to, left, width, quiet }, index) => {
    if (quiet) return at(h("span", { class: "axis-quiet" }, duration(to - from)), left, width);
    const roomy = width > ROOM || index === axis.length - 1;
    return roomy ? at(h("span", { class: "axis-busy" }, `+${duration(to - start)}`), left + width) : null;
  });
  return h("div", { class: "axis", "aria-hidden": "true" }, marks);
}

function laneView({ label, mood, steps, delivery, since }, start, axis) {
  const due = delivery?.state === "retrying" ? delivery.next_at : null;
  return h("div", { class: "lane" },
    h("h4", { class: `lane-label ${mood}`, title: label }, label),
    h("div", { class: "lane-way" },
      h("div", { class: "track", "aria-hidden": "true" }, marksOf(steps, { since, due, axis })),
      h("ol", { class: "steps" },
        steps.map((step) => stepView(step, start)),
        due ? dueView(due) : null,
        delivery && !steps.length ? stateView(delivery) : null)));
}

/** Bars for how the time was spent, with a dot where something was decided. */
function marksOf(steps, { since, due, axis }) {
  const bars = [];
  const bar = (kind, from, to) => {
    const left = placeOf(from, axis);
    bars.push(at(h("span", { class: `bar-of is-${kind}` }), left, placeOf(to, axis) - left));
  };
  // The worker can be quicker than the door is with its answer.
  if (since < steps[0]?.at) bar("queue", since, steps[0].at);
  for (const [index, { what, at: moment }] of steps.entries()) {
    const next = steps[index + 1]?.at ?? (what === "retrying" ? due : null);
    if (next && SPENT[what]) bar(SPENT[what], moment, next);
  }
  const dots = steps.filter(({ what }) => MOODS[what] || what === "handled").map(({ what, at: moment }) =>
    at(h("span", { class: `dot ${MOODS[what] ?? ""}` }), placeOf(moment, axis)));
  return [...bars, ...dots];
}

function at(element, left, width = null) {
  element.style.left = `${left * 100}%`;
  if (width !== null) element.style.width = `${width * 100}%`;
  return element;
}

function stepView(step, start) {
  return h("li", { class: `step ${MOODS[step.what] ?? ""}` },
    h("span", { class: "step-what" }, step.what),
    h("span", { class: "step-at" }, step.at === start ? "0" : `+${duration(step.at - start)}`),
    step.detail ? h("span", { class: "step-detail" }, step.detail) : null);
}

/** What is to be said of a destination that nothing was sent to. */
const stateView = ({ state, reason }) =>
  h("li", { class: "step" }, h("span", { class: "step-what" }, state), h("span", { class: "step-detail" }, reason));

const dueView = (due) =>
  h("li", { class: "step is-due" },
    keepTelling(h("span", { class: "step-what" }), () => (until(due) ? `again in ${until(due)}` : "again now")));
