// One message as Slack shows it: who, when, what, and whether it was edited.

import { blocksView } from "./block_kit.js";
import { h } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";
import { clock } from "./time.js";

const secondsOf = ({ ts }) => Number.parseFloat(ts) * 1000;

/** `names`, `press` as blocksView() has them; `grouped` leaves out who says it. */
export function messageView(message, { names, press, focus, grouped }) {
  const at = h("time", { class: "slack-at" }, clock(secondsOf(message)));
  const head = h("p", { class: "slack-who" },
    h("strong", {}, message.name),
    message.bot ? h("span", { class: "slack-app" }, "APP") : null,
    at,
    message.event_id
      ? h("button", { type: "button", class: "as-link slack-trail", onclick: () => focus(message.event_id) }, "trail")
      : null);
  const body = message.blocks.length
    ? blocksView(message.blocks, names, (block, element, value) => press(message, block, element, value))
    : h("div", { class: "slack-text" }, mrkdwn(message.text, names));
  const edited = message.edited_at ? h("span", { class: "slack-edited" }, "(edited)") : null;
  return h("div", {
    class: ["slack-message", message.ephemeral && "is-ephemeral", grouped && "is-grouped"].filter(Boolean).join(" "),
    "data-ts": message.ts,
  },
  message.ephemeral ? h("p", { class: "slack-only-you" }, "👁 Only visible to you") : null,
  grouped ? h("span", { class: "slack-gutter" }, at.cloneNode(true)) : avatar(message),
  h("div", { class: "slack-said" }, grouped ? null : head, body, edited));
}

function avatar({ bot, name }) {
  const letter = bot ? "🧃" : name.slice(0, 1).toUpperCase();
  return h("span", { class: `slack-avatar ${bot ? "is-bot" : ""}`, "aria-hidden": "true" }, letter);
}

/** Whether a message goes on where the one before it ended: same author, less than five minutes. */
export function goesOn(message, before) {
  return Boolean(before) && before.user === message.user && before.ephemeral === message.ephemeral
    && secondsOf(message) - secondsOf(before) < 300_000;
}

const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", month: "long", day: "numeric" });

/** The line above the first message of a day. */
export const dayOf = (message) => {
  const today = DAY.format(Date.now());
  const day = DAY.format(secondsOf(message));
  return day === today ? "Today" : day;
};
