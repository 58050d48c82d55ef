// Safe links; any other URL is shown as text.

import { h } from "./dom.js";

const ALLOWED = new Set(["http:", "https:", "mailto:"]);

/** The URL if its scheme is safe, else null. */
export function safeUrl(url) {
  try {
    return ALLOWED.has(new URL(url).protocol) ? url : null;
  } catch {
    return null;
  }
}

/** A link that opens in a new tab, or plain text if the URL is not safe. */
export function link(url, ...label) {
  const safe = safeUrl(url);
  if (!safe) return h("span", {}, ...(label.length ? label : [url]));
  return h("a", { href: safe, target: "_blank", rel: "noopener noreferrer" }, ...(label.length ? label : [url]));
}
