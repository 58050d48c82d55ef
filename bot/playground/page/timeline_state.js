// The state of an event in a word or two; problems take precedence.

import { until } from "./time.js";

const WAITING = { accepted: "Waiting", unhandled: "No handler", dead: "Dead letter" };
const DELIVERY_MOODS = { sent: "is-good", retrying: "is-refused", failed: "is-bad" };

/** A CSS class, and words that may change over time. */
export function stateOf(timeline) {
  if (timeline.dead) return { mood: "is-bad", words: "Dead letter" };
  if (timeline.state !== "handled") return { mood: "is-neutral", words: WAITING[timeline.state] ?? timeline.state };
  const states = new Set(timeline.deliveries.map(({ state }) => state));
  if (states.has("retrying")) {
    const due = Math.min(...timeline.deliveries.map(({ next_at }) => next_at ?? Infinity));
    return { mood: "is-refused", words: until(due) ? `Retry in ${until(due)}` : "Retrying" };
  }
  if (states.has("sending") || states.has("pending")) return { mood: "is-neutral", words: "Sending" };
  // An event without recipients has deliveries too: skipped ones.
  return { mood: "is-good", words: states.has("sent") ? "Delivered" : "Recorded" };
}

export const moodOfDelivery = ({ state }) => DELIVERY_MOODS[state] ?? "is-neutral";
