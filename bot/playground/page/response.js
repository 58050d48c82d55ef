// One response of the webhook: status, body, duration and the request.

import { h } from "./dom.js";
import { clock, duration, liveText, until } from "./time.js";

/** `is-good` for 2xx, `is-refused` for 4xx, `is-bad` for 5xx and for no response. */
function mood({ status }) {
  if (status === null) return "is-bad";
  if (status < 300) return "is-good";
  return status < 500 ? "is-refused" : "is-bad";
}

export function responseView(record, page) {
  return h("li", { class: `response ${mood(record)}`, "data-n": record.n },
    h("p", { class: "response-head" },
      h("span", { class: "chip" }, record.status === null ? "no response" : String(record.status)),
      h("strong", {}, record.label),
      h("span", { class: "response-ms", title: clock(record.at) }, duration(record.ms)),
    ),
    h(record.count ? "p" : "code", { class: "response-body" }, record.count ? counted(record) : record.body || record.error || ""),
    record.retry_in_s === null ? null : liveText(h("p", { class: "response-retry" }), () => retryText(record)),
    record.event_id
      ? h("button", { type: "button", class: "as-link", title: "Show its timeline", onclick: () => page.focusEvent(record.event_id) }, record.event_id)
      : null,
    h("details", {},
      h("summary", {}, "Request"),
      h("pre", { tabindex: "0", "aria-label": "Request" }, request(record, page)),
      h("button", { type: "button", class: "response-copy", onclick: () => copyCurl(record, page) }, "Copy as curl")),
  );
}

const counted = ({ count, statuses }) =>
  `${count} events: ${Object.entries(statuses).map(([status, n]) => `${n} × ${status}`).join(", ")}`;

function retryText({ at, ms, retry_in_s, attempt }) {
  const left = until(at + ms + retry_in_s * 1000);
  const attempts = attempt > 1 ? ` (${attempt} attempts so far)` : "";
  return `Juicebox retries ${left ? `in ${left}` : "now"}${attempts}`;
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
    page.notice("Copied. Paste it into a terminal to send this request yourself.");
  } catch {
    page.notice("The browser does not allow the page to copy.");
  }
}
