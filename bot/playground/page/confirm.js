// The confirmation dialog of a button or menu.
// https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object

import { h } from "./dom.js";

/** Resolves to whether the action is confirmed; without a dialog it is. `pressed` is the element. */
export function confirmed(asked, textOf, pressed) {
  if (!asked) return Promise.resolve(true);
  const { title, text, confirm, deny, style } = asked;
  return new Promise((resolve) => {
    const heading = h("h4", { id: "slack-confirm-title" }, textOf(title));
    const answer = (value, label, look) =>
      h("button", { type: "button", class: `slack-button ${look}`, onclick: () => dialog.close(value) }, textOf(label));
    const dialog = h("dialog", { class: "slack-confirm", "aria-labelledby": heading.id, onclose: () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    } },
    heading,
    h("p", {}, textOf(text)),
    h("div", { class: "slack-confirm-buttons" }, answer("no", deny, ""), answer("yes", confirm, `is-${style ?? "primary"}`)));
    // Inside the panel, to inherit its colours; a modal dialog is always on top.
    (pressed.closest(".slack") ?? document.body).append(dialog);
    dialog.showModal();
  });
}
