// Interactive elements of a message: buttons and menus.
// https://docs.slack.dev/reference/block-kit/block-elements

import { h } from "./dom.js";
import { checkboxes, multiSelect, numberInput, textInput, timePicker } from "./block_inputs.js";
import { confirmed } from "./confirm.js";
import { safeUrl } from "./links.js";
import { overflowMenu } from "./overflow_menu.js";
import { picture } from "./picture.js";

/**
 * Render an element.
 *
 * `press(value)` is called after an interaction, confirmed if the element asks for that; the value is
 * that of the chosen option, what was written, a list for several options, or null for a button.
 * `textOf` renders a text object.
 */
export function elementView(element, press, textOf) {
  const view = ELEMENTS.get(element.type);
  if (!view) return h("span", { class: "slack-unsupported" }, `unsupported: ${element.type}`);
  return view(element, press, textOf);
}

const ELEMENTS = new Map(Object.entries({
  button,
  static_select: select,
  multi_static_select: multiSelect,
  overflow,
  checkboxes,
  timepicker: timePicker,
  plain_text_input: textInput,
  number_input: numberInput,
  image: (element) => picture(element),
}));

const NEW_TAB = { target: "_blank", rel: "noopener noreferrer" };

function button(element, press, textOf) {
  const { text, style, confirm, action_id: action, accessibility_label: label } = element;
  const attributes = { class: `slack-button ${style ? `is-${style}` : ""}`, "aria-label": label, "data-action": action };
  const url = safeUrl(element.url);
  if (!url) {
    const asked = async (event) => (await confirmed(confirm, textOf, event.currentTarget)) && press(null);
    return h("button", { ...attributes, type: "button", onclick: asked }, textOf(text));
  }
  const followed = following(url, confirm, textOf, () => press(null));
  return h("a", { ...attributes, ...NEW_TAB, href: url, onclick: followed }, textOf(text));
}

/** Follow a link once it is confirmed; the bot gets the interaction too. */
function following(url, confirm, textOf, press) {
  return async (event) => {
    if (!confirm) return press();
    event.preventDefault();
    if (!(await confirmed(confirm, textOf, event.currentTarget))) return null;
    window.open(url, "_blank", "noopener,noreferrer");
    return press();
  };
}

function select({ options, placeholder, confirm, action_id: action, initial_option: initial }, press, textOf) {
  const words = placeholder?.text ?? "Select an option";
  const nothing = h("option", { value: "", disabled: true, selected: !initial, hidden: true }, words);
  const choices = options.map(({ text, value }) => h("option", { value, selected: value === initial?.value }, ...textOf(text)));
  let chosen = initial?.value ?? "";
  const onchange = async ({ currentTarget: menu }) => {
    const { value } = menu;
    if (await confirmed(confirm, textOf, menu)) {
      chosen = value;
      press(value);
    } else menu.value = chosen;
  };
  return h("select", { class: "slack-select", "aria-label": words, "data-action": action, onchange }, nothing, choices);
}

function overflow({ options, confirm, action_id: action }, press, textOf) {
  const items = options.map(({ text, value, description, url: written }) => {
    const url = safeUrl(written);
    const content = [h("span", {}, textOf(text)), description ? h("small", {}, textOf(description)) : null];
    const choose = async (event) => (await confirmed(confirm, textOf, event.currentTarget)) && press(value);
    const followed = following(url, confirm, textOf, () => press(value));
    return url ? h("a", { href: url, ...NEW_TAB, onclick: followed }, content) : h("button", { type: "button", onclick: choose }, content);
  });
  return overflowMenu(items, action);
}
