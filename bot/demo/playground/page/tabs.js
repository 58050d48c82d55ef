// On a narrow screen one panel is shown at a time; a dot says where something is new.

import { h } from "./dom.js";

const PANELS = [
  ["juicebox", "Juicebox", "answer"],
  ["slack", "Slack", "message"],
  ["inbox", "Inbox", "mail"],
  ["trails", "Trails", "trail"],
];

export function mountTabs(root, page) {
  const buttons = new Map();
  const show = (name) => {
    document.body.dataset.shown = name;
    for (const [other, button] of buttons) {
      button.setAttribute("aria-pressed", String(other === name));
      if (other === name) button.classList.remove("is-new");
    }
  };
  for (const [name, label, kind] of PANELS) {
    const button = h("button", { type: "button", onclick: () => show(name) }, label);
    buttons.set(name, button);
    root.append(button);
    page.on(kind, () => button.classList.toggle("is-new", document.body.dataset.shown !== name));
  }
  show("juicebox");
}
