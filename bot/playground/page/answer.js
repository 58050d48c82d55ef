// One answer of the webhook: its status, its words, how long it took, and what was sent.

import { h } from "./dom.js";
import { clock, duration, keepTelling, until } from "./time.js";

/** `is-good` for 2xx, `is-refused` for 4xx, `is-bad` for 5xx and for none. */
function mood({ status }) {
  if (status === null) return "is-bad";
  if (status < 300) return "is-good";
  return status < 500 ? "is-refused" : "is-bad";
}

export function answerView(record, page) {
  return h("li", { class: `answer ${mood(record)}`, "data-n": record.n },
    h("p", { class: "answer-head" },
      h("span", { class: "chip" }, record.status === null ? "no answer" : String(record.status)),
      h("strong", {}, record.label),
      h("span", { class: "answer-ms", title: clock(record.at) }, duration(record.ms)),
    ),
    h(record.count ? "p" : "code", { class: "answer-body" }, record.count ? counted(record) : record.body || record.error || ""),
    record.again_in_s === null ? null : keepTelling(h("p", { class: "answer-again" }), () => again(record)),
    record.event_id
      ? h("button", { type: "button", class: "as-link", title: "Show its trail", onclick: () => page.focusEvent(record.event_id) }, record.event_id)
      : null,
    h("details", {},
      h("summary", {}, "The request"),
      h("pre", { tabindex: "0", "aria-label": "The request as it was sent" }, request(record, page)),
      h("button", { type: "button", class: "answer-copy", onclick: () => copyCurl(record, page) }, "Copy as curl")),
  );
}

const counted = ({ count, statuses }) =>
  `${count} events: ${Object.entries(statuses).map(([status, n]) => `${n} × ${status}`).join(", ")}`;

function again({ at, ms, again_in_s, attempt }) {
  const left = until(at + ms + again_in_s * 1000);
  const tried = attempt > 1 ? ` (tried ${attempt} times)` : "";
  return `Juicebox sends it again ${left ? `in ${left}` : "now"}${tried}`;
}

const request = (record, page) =>
  `POST ${new URL(page.hello.webhook_url).pathname}\ncontent-type: application/json\nx-juicebox-signature: ${record.signature}\n\n${record.request_body}`;

const quoted = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

async function copyCurl(record, page) {
  const command = [
    `curl -i ${quoted(page.hello.webhook_url)}`,
    "-H 'content-type: application/json'",
    `-H ${quoted(`x-juicebox-signature: ${record.signature}`)}`,
    `--data-binary ${quoted(record.request_body)}`,
  ].join(" \\\n  ");
  try {
    await navigator.clipboard.writeText(command);
    page.notice("Copied: paste it into a terminal to send this request by hand.");
  } catch {
    page.notice("The browser does not let the page copy.");
  }
}
