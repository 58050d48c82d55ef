// The modal that the bot has opened: a form above the panel.
// https://docs.slack.dev/surfaces/modals

import { blocksView } from "./block_kit.js";
import { fill, h } from "./dom.js";
import { plainText } from "./slack_text.js";

/**
 * `press(block, element, value)` is called for elements that the bot hears of at once, `submit(values)`
 * with what was filled in, by the ids of blocks and elements, and `close()` when it was dismissed.
 */
export function modalDialog(root, { names, press, submit, close }) {
  let dialog = null;
  let shown = null;

  function draw(modal) {
    if (!modal.open) return remove();
    const content = JSON.stringify([modal.id, modal.title, modal.blocks]);
    if (!dialog || shown !== content) open(modal);
    shown = content;
    showErrors(modal.errors);
  }

  function remove() {
    dialog?.remove();
    dialog = null;
    shown = null;
  }

  function open({ title, submit: submitLabel, close: closeLabel, blocks }) {
    dialog?.remove();
    const values = {};
    const keep = (block, element, value) => {
      if (block.type !== "input") return press(block, element, value);
      (values[block.block_id] ??= {})[element.action_id] = value;
      return null;
    };
    const sent = async (event) => {
      event.preventDefault();
      showErrors({});
      const button = event.currentTarget.querySelector(".is-primary");
      button.disabled = true;
      await submit(values);
      button.disabled = false;
    };
    const heading = h("h4", { id: "slack-modal-title" }, plainText(title));
    const cancel = (label) => h("button", { type: "button", class: "slack-button", onclick: close }, label);
    dialog = h("dialog", { class: "slack-modal", "aria-labelledby": heading.id, oncancel: (event) => { event.preventDefault(); close(); } },
      h("form", { onsubmit: sent, novalidate: true },
        h("header", {}, heading, h("button", { type: "button", class: "slack-close", "aria-label": "Close", onclick: close }, "✕")),
        h("div", { class: "slack-modal-body", tabindex: "0" }, blocksView(blocks, names, keep),
          h("p", { class: "slack-wrong", role: "alert", hidden: true, "data-error": "" })),
        h("footer", {}, closeLabel ? cancel(plainText(closeLabel)) : null,
          submitLabel ? h("button", { type: "submit", class: "slack-button is-primary" }, plainText(submitLabel)) : null)));
    root.append(dialog);
    dialog.showModal();
  }

  function showErrors(errors) {
    for (const line of dialog?.querySelectorAll("[data-error]") ?? []) {
      const text = errors[line.dataset.error];
      fill(line, text ?? "");
      line.hidden = !text;
    }
    dialog?.querySelector("[data-error]:not([hidden])")?.scrollIntoView({ block: "nearest" });
  }
  return { draw };
}
