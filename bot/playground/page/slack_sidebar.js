// The sidebar: the bot's Home tab, channels and direct messages.

import { h } from "./dom.js";
import { place } from "./redraw.js";

export const HOME = "home";

/** The sign before a channel's name. */
export const signOf = (channel) => (channel.direct ? "●" : channel.private ? "🔒" : "#");

/** `select(id)` is called when a place is chosen. */
export function sidebar(hello, select) {
  const list = h("div", { class: "slack-places" });
  const element = h("nav", { class: "slack-sidebar", "aria-label": "Slack's channels" },
    h("p", { class: "slack-workspace" }, "Juicebox demo"), list);
  const entries = new Map();
  const headings = new Map();

  const heading = (text) => kept(headings, text, () => h("p", { class: "slack-heading" }, text));
  const entry = (id, name, sign, { unread, current }) => {
    const { button, badge } = kept(entries, id, () => newEntry(id, name, sign, select));
    const count = unread.get(id) ?? 0;
    button.classList.toggle("is-unread", count > 0);
    badge.hidden = count === 0;
    badge.firstChild.textContent = String(count);
    if (current === id) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
    return button;
  };

  function draw(state) {
    const all = [...state.channels.values()];
    const entriesOf = (direct) =>
      all.filter((channel) => channel.direct === direct).map((channel) => entry(channel.id, channel.name, signOf(channel), state));
    const direct = entriesOf(true);
    place(list, [
      heading("Apps"),
      entry(HOME, `${hello.bot.name}: Home`, "🧃", state),
      heading("Channels"),
      ...entriesOf(false),
      ...(direct.length ? [heading("Direct messages"), ...direct] : []),
    ]);
  }
  return { element, draw };
}

function kept(known, key, make) {
  if (!known.has(key)) known.set(key, make());
  return known.get(key);
}

function newEntry(id, name, sign, select) {
  const badge = h("span", { class: "slack-badge", hidden: true }, "0", h("span", { class: "sr-only" }, " unread"));
  const button = h("button", { type: "button", class: "slack-place", "data-place": id, onclick: () => select(id) },
    h("span", { class: "slack-sign", "aria-hidden": "true" }, sign), h("span", { class: "slack-name" }, name), badge);
  return { button, badge };
}
