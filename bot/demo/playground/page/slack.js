// The Slack panel: channels, their messages, the Home tab, and a box to type in.

import { blocksView } from "./block_kit.js";
import { fill, h } from "./dom.js";
import { messageLog } from "./slack_log.js";
import { sidebar } from "./slack_sidebar.js";
import { composer } from "./slack_composer.js";

const HOME = "home";

export function mount(root, page) {
  const channels = new Map();
  const messages = new Map();
  const unread = new Map();
  let home = null;
  let current = null;

  const names = {
    user: (id) => ({ [page.hello.person.id]: page.hello.person.name, [page.hello.bot.id]: page.hello.bot.name })[id] ?? id,
    channel: (id) => channels.get(id)?.name ?? id,
  };
  const press = (message, block, element, value) =>
    page.post("/slack/press", {
      channel: message?.channel ?? HOME,
      ts: message?.ts ?? null,
      block_id: block.block_id,
      action_id: element.action_id,
      value,
    });
  const log = messageLog({ names, press, focus: page.focusEvent });
  const side = sidebar(page.hello, (id) => select(id));
  const title = h("h3", { class: "slack-title" });
  const homeView = h("div", { class: "slack-home", tabindex: "0", role: "region", "aria-label": "Home tab" });
  const box = composer((text) => page.post("/slack/say", { channel: current, text }));
  root.append(
    h("h2", { class: "sr-only" }, "Slack"),
    side.element,
    h("div", { class: "slack-main" }, h("header", { class: "slack-channel" }, title), log.element, homeView, box.element),
  );

  function select(id) {
    current = id;
    unread.delete(id);
    const isHome = id === HOME;
    log.element.hidden = box.element.hidden = isHome;
    homeView.hidden = !isHome;
    title.textContent = isHome ? page.hello.bot.name : label(channels.get(id));
    if (isHome) page.post("/slack/home", {});
    else box.say(label(channels.get(id)));
    side.draw({ channels, unread, current });
    draw();
    log.toEnd();
  }

  function draw() {
    if (current === HOME) {
      const empty = h("p", { class: "hint" }, "The bot is asked for its Home tab …");
      fill(homeView, home ? blocksView(home, names, (block, element, value) => press(null, block, element, value)) : empty);
    } else if (current) {
      const said = [...(messages.get(current)?.values() ?? [])];
      log.draw(said.sort((a, b) => Number(a.ts) - Number(b.ts)));
    }
  }

  page.on("channel", (channel) => {
    channels.set(channel.id, channel);
    if (current === null) select(channel.id);
    side.draw({ channels, unread, current });
  });
  page.on("message", (message) => {
    const said = messages.get(message.channel) ?? new Map();
    messages.set(message.channel, said);
    const isNew = !said.has(message.ts) && !message.deleted;
    if (message.deleted) said.delete(message.ts);
    else said.set(message.ts, message);
    if (message.channel === current) draw();
    else if (isNew) unread.set(message.channel, (unread.get(message.channel) ?? 0) + 1);
    side.draw({ channels, unread, current });
  });
  page.on("home", (record) => {
    home = record.blocks;
    if (current === HOME) draw();
  });
}

const label = (channel) => (channel.direct ? channel.name : `# ${channel.name}`);
