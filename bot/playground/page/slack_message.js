// One message in the look of Slack.

import { blocksView } from "./block_kit.js";
import { h } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";
import { clock } from "./time.js";

const GROUPED_WITHIN_MS = 300_000;
const ONLY_EMOJI = /^(?:\s*(?::[a-z0-9_+-]+:|\p{Extended_Pictographic}\ufe0f?)){1,23}\s*$/u;
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

/** The time of a message, in milliseconds since 1970. */
export const timeOf = ({ ts }) => Number.parseFloat(ts) * 1000;

/** `names` and `press` are as for blocksView(); `isGrouped` omits the author. */
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
      contentOf(message, names, press),
      editedAt ? [" ", h("span", { class: "slack-edited", title: FULL.format(editedAt) }, "(edited)")] : null),
    timelineButton(message, focus));
}

const timeView = (message) =>
  h("time", { class: "slack-at", datetime: new Date(timeOf(message)).toISOString(), title: FULL.format(timeOf(message)) },
    clock(timeOf(message)));

function contentOf(message, names, press) {
  const { blocks, text } = message;
  if (blocks.length) return blocksView(blocks, names, (...pressed) => press(message, ...pressed));
  return h("div", { class: `slack-text ${ONLY_EMOJI.test(text) ? "is-jumbo" : ""}` }, mrkdwn(text, names));
}

function timelineButton({ event_id: eventId }, focus) {
  if (!eventId) return null;
  const label = `Show the timeline of ${eventId}`;
  return h("button", { type: "button", class: "slack-timeline", title: label, "aria-label": label, onclick: () => focus(eventId) }, "timeline");
}

export function avatar({ bot, name }) {
  const letter = bot ? "🧃" : name.slice(0, 1).toUpperCase();
  return h("span", { class: `slack-avatar ${bot ? "is-bot" : ""}`, "aria-hidden": "true" }, letter);
}

/** Whether a message is grouped with the previous one: same author, less than five minutes later. */
export function isContinuation(message, before) {
  return before.user === message.user && before.ephemeral === message.ephemeral
    && timeOf(message) - timeOf(before) < GROUPED_WITHIN_MS;
}

const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", month: "long", day: "numeric" });

/** A unique name for the day of a message. */
export const dayKey = (message) => new Date(timeOf(message)).toDateString();

/** The heading above the first message of a day. */
export function dayOf(message) {
  const isToday = dayKey(message) === new Date().toDateString();
  return isToday ? "Today" : DAY.format(timeOf(message));
}
