// One message as Slack shows it: who, when, what, and whether it was edited.

import { blocksView } from "./block_kit.js";
import { h } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";
import { clock } from "./time.js";

const GROUPED_WITHIN_MS = 300_000;
const ONLY_EMOJI = /^(?:\s*(?::[a-z0-9_+-]+:|\p{Extended_Pictographic}\ufe0f?)){1,23}\s*$/u;
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

/** When it was said, in milliseconds since 1970. */
export const saidAt = ({ ts }) => Number.parseFloat(ts) * 1000;

/** `names`, `press` as blocksView() has them; `isGrouped` leaves out who says it. */
export function messageView(message, { names, press, focus, isGrouped }) {
  const { bot, name, ephemeral, edited_at: editedAt } = message;
  const looks = ["slack-message", ephemeral && "is-ephemeral", isGrouped && "is-grouped"].filter(Boolean).join(" ");
  const time = timeView(message);
  const head = h("p", { class: "slack-who" },
    h("strong", {}, name), bot ? h("span", { class: "slack-app" }, "APP") : null, time);
  return h("li", { class: looks, "data-ts": message.ts },
    ephemeral ? h("p", { class: "slack-only-you" }, h("span", { "aria-hidden": "true" }, "👁"), "Only visible to you") : null,
    isGrouped ? h("span", { class: "slack-gutter" }, h("span", { class: "sr-only" }, name), time) : avatar(message),
    h("div", { class: "slack-said" },
      isGrouped ? null : head,
      saidBy(message, names, press),
      editedAt ? [" ", h("span", { class: "slack-edited", title: FULL.format(editedAt) }, "(edited)")] : null),
    trailButton(message, focus));
}

const timeView = (message) =>
  h("time", { class: "slack-at", datetime: new Date(saidAt(message)).toISOString(), title: FULL.format(saidAt(message)) },
    clock(saidAt(message)));

function saidBy(message, names, press) {
  const { blocks, text } = message;
  if (blocks.length) return blocksView(blocks, names, (...pressed) => press(message, ...pressed));
  return h("div", { class: `slack-text ${ONLY_EMOJI.test(text) ? "is-jumbo" : ""}` }, mrkdwn(text, names));
}

function trailButton({ event_id: eventId }, focus) {
  if (!eventId) return null;
  const label = `Show the trail of ${eventId}`;
  return h("button", { type: "button", class: "slack-trail", title: label, "aria-label": label, onclick: () => focus(eventId) }, "trail");
}

export function avatar({ bot, name }) {
  const letter = bot ? "🧃" : name.slice(0, 1).toUpperCase();
  return h("span", { class: `slack-avatar ${bot ? "is-bot" : ""}`, "aria-hidden": "true" }, letter);
}

/** Whether a message goes on where the one before it ended: same author, less than five minutes. */
export function goesOn(message, before) {
  return before.user === message.user && before.ephemeral === message.ephemeral
    && saidAt(message) - saidAt(before) < GROUPED_WITHIN_MS;
}

const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", month: "long", day: "numeric" });

/** The day on which it was said, in a form that no other day has. */
export const saidOn = (message) => new Date(saidAt(message)).toDateString();

/** What stands above the first message of a day. */
export function dayOf(message) {
  const isToday = saidOn(message) === new Date().toDateString();
  return isToday ? "Today" : DAY.format(saidAt(message));
}
