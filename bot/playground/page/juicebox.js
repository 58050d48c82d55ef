// The simulated Juicebox: buttons, a JSON editor, and the responses of the webhook.

import { responseView } from "./response.js";
import { h } from "./dom.js";
import { mountEditor } from "./editor.js";

const SPECIAL = [
  ["duplicate", "Send again", "Sends the last event again, unchanged: nobody is notified twice."],
  ["bad_signature", "Bad signature", "Signed with another secret: refused before the body is parsed."],
  ["unknown", "Unknown type", "A type without a handler: stored, and nobody is notified."],
  ["burst", "Burst of 50", "Fifty events at once. Slack accepts one message per second and channel."],
  ["hostile", "Hostile payload", "Data full of markup: it is shown as text."],
];
const MAX_RESPONSES = 100;
const EDITED = "From the editor";

export function mount(root, page) {
  const editor = mountEditor(page);
  const send = (what) => page.post("/send", { what });
  const { responses, empty } = responseList(page, editor);
  const events = page.hello.samples.map(({ type }) => sender(type, () => send(type)));
  const special = SPECIAL.map(([what, label, title]) => sender(label, () => send(what), title));
  root.append(
    h("div", { class: "panel-head" }, h("h2", {}, "Juicebox"), h("span", { class: "panel-note" }, "sends events")),
    h("div", { class: "panel-body" },
      h("div", { class: "senders", role: "group", "aria-label": "Send an event" }, events),
      h("div", { class: "senders is-special", role: "group", "aria-label": "Send something unusual" }, special),
      editor.element,
      h("h3", {}, "Webhook responses"),
      empty,
      responses,
    ),
  );
}

const sender = (label, onclick, title = null) => h("button", { type: "button", onclick, title }, label);

function responseList(page, editor) {
  const responses = h("ol", { class: "responses", "aria-label": "Webhook responses" });
  const empty = h("p", { class: "hint" }, "Press a button above to sign an event and post it to the webhook.");
  const shown = new Map();
  page.on("response", (record) => {
    empty.hidden = true;
    const view = responseView(record, page);
    const before = shown.get(record.n);
    if (before) {
      view.querySelector("details").open = before.querySelector("details").open;
      before.replaceWith(view);
    } else responses.prepend(view);
    shown.set(record.n, view);
    while (responses.children.length > MAX_RESPONSES) responses.lastChild.remove();
    if (record.attempt === 1 && record.label !== EDITED) editor.show(record.request_body);
  });
  return { responses, empty };
}
