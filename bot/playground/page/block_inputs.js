// Elements that people choose or write something in: times, checkboxes, several options, text and numbers.
// https://docs.slack.dev/reference/block-kit/block-elements

import { h } from "./dom.js";
import { confirmed } from "./confirm.js";

/** `press(value)` is called when a time was chosen; `textOf` renders a text object. */
export function timePicker({ initial_time: initial, placeholder, confirm, action_id: action }, press, textOf) {
  let chosen = initial ?? "";
  const onchange = async ({ currentTarget: input }) => {
    const { value } = input;
    if (value === chosen) return;
    if (value && (await confirmed(confirm, textOf, input))) {
      chosen = value;
      press(value);
    } else input.value = chosen;
  };
  const label = placeholder?.text ?? "Select a time";
  return h("input", { type: "time", class: "slack-time", value: initial, "aria-label": label, title: label, "data-action": action, onchange });
}

/** `press(values)` is called with the values of all checked boxes. */
export function checkboxes({ options, initial_options: initial = [], action_id: action, confirm }, press, textOf) {
  const checked = new Set((initial ?? []).map(({ value }) => value));
  const onchange = async ({ currentTarget: box }) => {
    if (!(await confirmed(confirm, textOf, box))) {
      box.checked = !box.checked;
      return;
    }
    if (box.checked) checked.add(box.value);
    else checked.delete(box.value);
    press(options.map(({ value }) => value).filter((value) => checked.has(value)));
  };
  const boxes = options.map(({ text, value, description }, index) => h("label", { class: "slack-check" },
    h("input", { type: "checkbox", value, checked: checked.has(value), "data-action": index ? null : action, onchange }),
    h("span", {}, textOf(text), description ? h("small", {}, textOf(description)) : null)));
  return h("div", { class: "slack-checks" }, boxes);
}

/** Several options; in Slack they are chosen one by one from a menu. */
export function multiSelect(element, press, textOf) {
  return h("div", { class: "slack-multi" }, checkboxes(element, press, textOf));
}

export function textInput({ initial_value: initial, multiline, max_length: longest, placeholder, action_id: action }, press) {
  const attributes = {
    class: "slack-written",
    maxlength: longest && String(longest),
    placeholder: placeholder?.text,
    autocomplete: "off",
    "data-action": action,
    oninput: ({ currentTarget }) => press(currentTarget.value),
  };
  return multiline ? h("textarea", { ...attributes, rows: "3" }, initial) : h("input", { ...attributes, type: "text", value: initial });
}

/** A number is written as text, so that Slack says what is wrong with it. */
export function numberInput({ initial_value: initial, is_decimal_allowed: isDecimal, placeholder, action_id: action }, press) {
  return h("input", {
    type: "text",
    class: "slack-written is-number",
    inputmode: isDecimal ? "decimal" : "numeric",
    value: initial,
    placeholder: placeholder?.text,
    autocomplete: "off",
    "data-action": action,
    oninput: ({ currentTarget }) => press(currentTarget.value.trim()),
  });
}

const GROUPS = new Set(["checkboxes", "multi_static_select"]);

/** An input of a form: label, element, hint, and a place for what is wrong with it. */
export function inputView({ block_id: id, label, element, hint, optional }, { textOf, elementOf }) {
  const name = [textOf(label), optional ? h("span", { class: "slack-optional" }, " (optional)") : null];
  const below = [
    hint ? h("p", { class: "slack-hint" }, textOf(hint)) : null,
    h("p", { class: "slack-wrong", role: "alert", hidden: true, "data-error": id }),
  ];
  const control = elementOf(element);
  if (GROUPS.has(element.type)) return h("fieldset", { class: "slack-field" }, h("legend", {}, name), control, below);
  control.removeAttribute("aria-label"); // it would hide the label
  return h("div", { class: "slack-field" }, h("label", {}, h("span", { class: "slack-label" }, name), control), below);
}
