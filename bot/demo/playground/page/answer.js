// One answer of the webhook: its status, its words, how long it took, and what was sent.

import { h } from "./dom.js";
import { clock, duration, everySecond, until } from "./time.js";

/** `is-good` for 2xx, `is-refused` for 4xx, `is-bad` for 5xx and for none. */
function mood(record) {
  if (record.status === null) return "is-bad";
  if (record.status < 300) return "is-good";
  return record.status < 500 ? "is-refused" : "is-bad";
}

export function answerView(record, page) {
  const again = record.again_in_s === null ? null : h("p", { class: "answer-again" });
  if (again) countDown(again, record);
  const focus = record.event_id
    ? h("button", { type: "button", class: "as-link", onclick: () => page.focusEvent(record.event_id) }, record.event_id)
    : null;
  return h("li", { class: `answer ${mood(record)}` },
    h("p", { class: "answer-head" },
      h("span", { class: "chip" }, record.status === null ? "no answer" : String(record.status)),
      h("strong", {}, record.label),
      h("span", { class: "answer-ms", title: clock(record.at) }, duration(record.ms)),
    ),
    record.count ? h("p", {}, counted(record)) : h("code", { class: "answer-body" }, record.body || record.error || ""),
    again,
    focus,
    h("details", {}, h("summary", {}, "The request"), h("pre", { tabindex: "0" }, request(record, page))),
  );
}

const counted = ({ count, statuses }) =>
  `${count} events: ${Object.entries(statuses).map(([status, n]) => `${n} × ${status}`).join(", ")}`;

const request = (record, page) =>
  `POST ${new URL(page.hello.webhook_url).pathname}\ncontent-type: application/json\nx-juicebox-signature: ${record.signature}\n\n${record.request_body}`;

function countDown(element, record) {
  const due = record.at + record.ms + record.again_in_s * 1000;
  const update = () => {
    const left = until(due);
    element.textContent = left ? `Juicebox sends it again in ${left}` : "Juicebox sends it again now";
    if (!element.isConnected && left === "") clearInterval(ticking);
  };
  const ticking = everySecond(update);
  update();
}
