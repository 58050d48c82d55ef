// Slack's sidebar: the bot's Home tab, the channels, and direct messages.

import { fill, h } from "./dom.js";

export function sidebar(hello, select) {
  const list = h("div", { class: "slack-places" });
  const element = h("nav", { class: "slack-sidebar", "aria-label": "Slack's channels" },
    h("p", { class: "slack-workspace" }, "Juicebox demo"), list);

  const entry = (id, name, { current, count = 0, sign }) =>
    h("button", {
      type: "button",
      class: `slack-place ${count ? "is-unread" : ""}`,
      "aria-current": current === id ? "true" : null,
      onclick: () => select(id),
    }, h("span", { "aria-hidden": "true" }, sign), h("span", {}, name), count ? h("span", { class: "slack-badge" }, String(count)) : null);

  function draw({ channels, unread, current }) {
    const all = [...channels.values()];
    const entries = (direct, sign) =>
      all.filter((channel) => channel.direct === direct)
        .map(({ id, name }) => entry(id, name, { current, count: unread.get(id), sign }));
    fill(list,
      h("p", { class: "slack-heading" }, "Apps"),
      entry("home", `${hello.bot.name}: Home`, { current, sign: "🧃" }),
      h("p", { class: "slack-heading" }, "Channels"),
      entries(false, "#"),
      entries(true, "•").length ? h("p", { class: "slack-heading" }, "Direct messages") : null,
      entries(true, "•"));
  }
  return { element, draw };
}
