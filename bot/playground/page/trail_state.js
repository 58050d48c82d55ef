// How an event stands, in a word or two: trouble first.

import { until } from "./time.js";

const WAITING = { accepted: "Waiting", unhandled: "No handler", dead: "Dead letter" };
const DELIVERY_MOODS = { sent: "is-good", retrying: "is-refused", failed: "is-bad" };

/** A class, and words that may change as time passes. */
export function stateOf(trail) {
  if (trail.dead) return { mood: "is-bad", words: "Dead letter" };
  if (trail.state !== "handled") return { mood: "is-neutral", words: WAITING[trail.state] ?? trail.state };
  const states = new Set(trail.deliveries.map(({ state }) => state));
  if (states.has("retrying")) {
    const due = Math.min(...trail.deliveries.map(({ next_at }) => next_at ?? Infinity));
    return { mood: "is-refused", words: until(due) ? `Again in ${until(due)}` : "Again now" };
  }
  if (states.has("sending") || states.has("pending")) return { mood: "is-neutral", words: "On its way" };
  // An event that nobody wants to be told of has deliveries too: skipped ones.
  return { mood: "is-good", words: states.has("sent") ? "Arrived" : "Kept" };
}

export const moodOfDelivery = ({ state }) => DELIVERY_MOODS[state] ?? "is-neutral";
