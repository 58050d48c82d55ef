// The timeline of one event: a lane for each process and destination, on one time axis.

import { h } from "./dom.js";
import { clock, duration, liveText, until } from "./time.js";
import { positionOf, segments } from "./time_scale.js";
import { moodOfDelivery, stateOf } from "./timeline_state.js";

const INTAKE = new Set(["posted", "received", "verified", "queued"]);
const MOODS = {
  arrived: "is-good",
  sent: "is-good",
  retrying: "is-refused",
  failed: "is-bad",
  "dead letter": "is-bad",
  "worker killed": "is-bad",
};
const MIN_LABEL_WIDTH = 0.16;
/** What the time after a step is spent on; after any other step nothing is waited for. */
const SPENT = { posted: "intake", received: "intake", verified: "intake", sending: "attempt", arrived: "reply", retrying: "wait", "worker killed": "wait" };

export function headOf(timeline, page) {
  const { mood } = stateOf(timeline);
  return [
    h("span", { class: `timeline-state ${mood}` }, liveText(h("span", { class: "chip" }), () => stateOf(timeline).words)),
    h("h3", {}, timeline.type),
    h("code", { title: timeline.event_id }, timeline.event_id),
    h("span", { class: "timeline-took" }, took(timeline)),
    timeline.dead
      ? h("button", { type: "button", class: "is-main", onclick: () => page.post("/retry", { id: timeline.event_id }) }, "Retry")
      : null,
  ];
}

/** When the event was sent, and how long it took until the last destination had it. */
function took(timeline) {
  const { steps } = timeline;
  if (!steps.length) return "";
  const ids = new Set(timeline.deliveries.map(({ id }) => id));
  const arrived = stateOf(timeline).mood === "is-good" && steps.findLast(({ what, delivery_id }) => what === "arrived" && ids.has(delivery_id));
  const all = arrived ? ` · delivered after ${duration(arrived.at - steps[0].at)}` : "";
  return `${clock(steps[0].at)}${all}`;
}

export function bodyOf(timeline) {
  const start = timeline.steps[0]?.at ?? 0;
  const dues = [...timeline.deliveries, ...timeline.notices].map(({ next_at }) => next_at).filter((at) => at > start);
  const axis = segments([...timeline.steps.map(({ at }) => at), ...dues]);
  const lanes = (of) => h("div", { class: "lanes" }, of.map((lane) => laneView(lane, start, axis)));
  return [
    timeline.reason ? h("p", { class: "timeline-reason" }, timeline.reason) : null,
    axisView(axis, start),
    lanes([...processLanes(timeline), ...timeline.deliveries.map((delivery) => deliveryLane(delivery, timeline))]),
    timeline.notices.length
      ? [h("h4", { class: "lanes-title" }, "Failure notice to operators"),
        lanes(timeline.notices.map((notice) => deliveryLane(notice, timeline)))]
      : null,
  ];
}

/** The lanes of the web process and the worker. */
function processLanes({ steps }) {
  const queued = steps.find(({ what }) => what === "queued");
  const lanes = [
    { label: "Web", mood: "is-neutral", steps: steps.filter(({ what }) => INTAKE.has(what)) },
    { label: "Worker", mood: "is-neutral", since: queued?.at, steps: steps.filter((step) => !INTAKE.has(step.what) && !step.to) },
  ];
  return lanes.filter((lane) => lane.steps.length);
}

const deliveryLane = (delivery, { steps }) => ({
  label: delivery.where,
  mood: moodOfDelivery(delivery),
  delivery,
  steps: steps.filter(({ delivery_id }) => delivery_id === delivery.id),
});

/** The labels of the axis: the length of each wait, and the end of busy segments that are wide enough. */
function axisView(axis, start) {
  const marks = axis.map(({ from, to, left, width, quiet }, index) => {
    if (quiet) return at(h("span", { class: "axis-quiet" }, duration(to - from)), left, width);
    const roomy = width > MIN_LABEL_WIDTH || index === axis.length - 1;
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

/** Bars for what the time was spent on, and a dot at each result. */
function marksOf(steps, { since, due, axis }) {
  const bars = [];
  const bar = (kind, from, to) => {
    const left = positionOf(from, axis);
    bars.push(at(h("span", { class: `bar-of is-${kind}` }), left, positionOf(to, axis) - left));
  };
  // The worker may begin before the webhook has responded.
  if (since < steps[0]?.at) bar("queue", since, steps[0].at);
  for (const [index, { what, at: time }] of steps.entries()) {
    const next = steps[index + 1]?.at ?? (what === "retrying" ? due : null);
    if (next && SPENT[what]) bar(SPENT[what], time, next);
  }
  const dots = steps.filter(({ what }) => MOODS[what] || what === "handled").map(({ what, at: time }) =>
    at(h("span", { class: `dot ${MOODS[what] ?? ""}` }), positionOf(time, axis)));
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

/** The state of a destination to which nothing was sent. */
const stateView = ({ state, reason }) =>
  h("li", { class: "step" }, h("span", { class: "step-what" }, state), h("span", { class: "step-detail" }, reason));

const dueView = (due) =>
  h("li", { class: "step is-due" },
    liveText(h("span", { class: "step-what" }), () => (until(due) ? `retry in ${until(due)}` : "retrying")));
