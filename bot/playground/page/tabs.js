// Tabs for narrow screens, each with the number of new records in its panel.

import { h } from "./dom.js";

const PANELS = [
  { name: "juicebox", label: "Juicebox", kind: "response", key: (record) => record.n, at: (record) => record.at },
  { name: "slack", label: "Slack", kind: "message", key: (record) => `${record.channel}${record.ts}`, at: (record) => record.ts * 1000 },
  { name: "inbox", label: "Inbox", kind: "mail", key: (record) => record.n, at: (record) => record.at },
  { name: "timelines", label: "Timeline", kind: "timeline", key: (record) => record.event_id, at: (record) => record.sent_at ?? 0 },
];
const PHONE = matchMedia("(max-width: 719px)");
const MAX_COUNT = 99;

export function mountTabs(root, page) {
  const opened = Date.now();
  const tabs = new Map(PANELS.map((panel) => [panel.name, tabOf(panel, () => show(panel.name))]));
  const show = (name) => {
    document.body.dataset.shown = name;
    for (const [other, tab] of tabs) tab.press(other === name);
  };
  for (const { name, kind, key, at } of PANELS) {
    root.append(tabs.get(name).element);
    page.on(kind, (record) => {
      // Records from before the page was opened are not new.
      if (at(record) > opened && document.body.dataset.shown !== name) tabs.get(name).count(key(record));
    });
  }
  page.on("focus", ({ quiet }) => {
    if (PHONE.matches && !quiet) show("timelines");
  });
  // A tablet has tabs for Slack and Inbox only; the other two panels are always visible.
  const settle = () => {
    const { shown } = document.body.dataset;
    show(PHONE.matches || shown === "inbox" ? shown : "slack");
  };
  PHONE.addEventListener("change", settle);
  settle();
}

function tabOf({ name, label }, onclick) {
  const fresh = new Set();
  const badge = h("span", { class: "tabs-count", hidden: true });
  const element = h("button", { type: "button", "data-panel": name, onclick },
    h("span", { class: "tabs-icon", "aria-hidden": "true" }), label, badge);
  const update = () => {
    badge.hidden = fresh.size === 0;
    badge.replaceChildren(fresh.size > MAX_COUNT ? `${MAX_COUNT}+` : String(fresh.size), h("span", { class: "sr-only" }, " new"));
  };
  return {
    element,
    press(pressed) {
      element.setAttribute("aria-pressed", String(pressed));
      if (pressed) fresh.clear();
      update();
    },
    count(key) {
      fresh.add(key);
      update();
    },
  };
}
