// What can be pressed in a message: buttons and menus.
// https://docs.slack.dev/reference/block-kit/block-elements

import { h } from "./dom.js";
import { safeUrl } from "./links.js";

/** The element, or null if it is none that can be pressed; `press` gets the value that was chosen. */
export function pressable(element, press, textOf) {
  const ask = (value) => (element.confirm ? confirmed(element.confirm, textOf) : Promise.resolve(true)).then((yes) => yes && press(value));
  return ELEMENTS[element.type]?.(element, ask, textOf) ?? null;
}

const ELEMENTS = {
  button: (element, press, textOf) => {
    const { text, url, style, accessibility_label: label } = element;
    const attributes = { class: `slack-button ${style ? `is-${style}` : ""}`, "aria-label": label, onclick: () => press(null) };
    return safeUrl(url)
      ? h("a", { ...attributes, href: url, target: "_blank", rel: "noopener noreferrer" }, textOf(text))
      : h("button", { ...attributes, type: "button" }, textOf(text));
  },
  static_select: ({ options, placeholder, initial_option: chosen }, press) => {
    const words = placeholder?.text ?? "Select an option";
    return h("select", { class: "slack-select", "aria-label": words, onchange: (event) => press(event.target.value) },
      chosen ? null : h("option", { value: "", disabled: true, selected: true }, words),
      options.map((option) => h("option", { value: option.value, selected: option.value === chosen?.value }, option.text.text)));
  },
  overflow: ({ options }, press, textOf) => {
    const menu = h("details", { class: "slack-overflow" },
      h("summary", { "aria-label": "More actions" }, "⋯"),
      h("div", {}, options.map((option) => {
        const choose = () => {
          menu.open = false;
          press(option.value);
        };
        const attributes = { onclick: choose };
        return safeUrl(option.url)
          ? h("a", { ...attributes, href: option.url, target: "_blank", rel: "noopener noreferrer" }, textOf(option.text))
          : h("button", { ...attributes, type: "button" }, textOf(option.text));
      })));
    return menu;
  },
};

/** Ask as the element's `confirm` says; resolves to whether the answer was yes. */
function confirmed({ title, text, confirm, deny, style }, textOf) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { class: "slack-confirm", onclose: () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    } },
    h("h4", {}, textOf(title)),
    h("p", {}, textOf(text)),
    h("div", { class: "slack-confirm-buttons" },
      h("button", { type: "button", class: "slack-button", onclick: () => dialog.close("no") }, textOf(deny)),
      h("button", { type: "button", class: `slack-button is-${style ?? "primary"}`, onclick: () => dialog.close("yes") }, textOf(confirm))));
    document.body.append(dialog);
    dialog.showModal();
  });
}
