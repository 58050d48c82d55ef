// The messages of one channel in order, with replies below their parent.

import { h } from "./dom.js";
import { place } from "./redraw.js";
import { dayOf, isContinuation, messageView, dayKey } from "./slack_message.js";
import { threadView } from "./slack_thread.js";

const END_TOLERANCE_PX = 60;
const EMPTY = "Messages of the bot appear here. Try typing /juicebox status.";

/** `draw` fills `element`; the scroll position stays, or follows the end if it is there. */
export function messageLog(dress) {
  const list = h("ol", { class: "slack-messages" });
  const log = h("div", { class: "slack-log", role: "log", "aria-live": "polite", "aria-label": "Messages", tabindex: "0" }, list);
  const more = h("button", { type: "button", class: "slack-more", hidden: true, onclick: () => toEnd() }, "↓ New messages");
  const element = h("div", { class: "slack-scroll" }, log, more);
  const known = { threads: new Map(), days: new Map() };
  let drawn = new Map();
  let isAtEnd = true;

  const follow = () => {
    if (isAtEnd) log.scrollTop = log.scrollHeight;
  };
  function toEnd() {
    isAtEnd = true;
    more.hidden = true;
    follow();
  }
  log.addEventListener("scroll", () => {
    isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < END_TOLERANCE_PX;
    more.hidden ||= isAtEnd;
  });
  // The panel may be hidden while messages arrive, or change its size.
  const sizes = new ResizeObserver(follow);
  sizes.observe(log);
  sizes.observe(list);

  function draw(messages) {
    const kept = new Map();
    const viewOf = (message, isGrouped) => {
      const key = `${message.channel} ${message.ts} ${isGrouped}`;
      const before = drawn.get(key);
      const view = before?.message === message ? before.view : messageView(message, { ...dress, isGrouped });
      kept.set(key, { message, view });
      return view;
    };
    const isNew = drawn.size > 0 && messages.length > drawn.size;
    place(list, itemsOf(messages, viewOf, known));
    drawn = kept;
    if (isNew && !isAtEnd) more.hidden = false;
    follow();
  }
  return { element, draw, toEnd };
}

function itemsOf(messages, viewOf, known) {
  if (messages.length === 0) return [h("li", { class: "hint" }, EMPTY)];
  const { top, replies } = arranged(messages);
  return top.flatMap((message, index) => {
    const before = top[index - 1];
    const isNewDay = !before || dayKey(before) !== dayKey(message);
    const isGrouped = !isNewDay && isContinuation(message, before) && !replies.has(before.ts);
    const itsReplies = replies.get(message.ts);
    return [
      ...(isNewDay ? [dayView(known.days, message)] : []),
      viewOf(message, isGrouped),
      ...(itsReplies ? [threadView(known.threads, message, itsReplies, viewOf)] : []),
    ];
  });
}

/** Reuse the view of a day, so that screen readers do not announce it again. */
function dayView(days, message) {
  const day = dayKey(message);
  if (!days.has(day)) days.set(day, h("li", { class: "slack-day" }, h("span")));
  const view = days.get(day);
  if (view.textContent !== dayOf(message)) view.firstChild.textContent = dayOf(message);
  return view;
}

/** The messages in order of time; replies separately, by their parent. */
function arranged(messages) {
  const inOrder = [...messages].sort((a, b) => Number(a.ts) - Number(b.ts));
  const known = new Set(inOrder.map(({ ts }) => ts));
  const isReply = ({ thread_ts: parent, ts }) => parent && parent !== ts && known.has(parent);
  const replies = new Map();
  for (const message of inOrder.filter(isReply)) {
    replies.set(message.thread_ts, [...(replies.get(message.thread_ts) ?? []), message]);
  }
  return { top: inOrder.filter((message) => !isReply(message)), replies };
}
