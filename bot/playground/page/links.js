// Links that may be followed: everything else is shown as the text that it is.

import { h } from "./dom.js";

const ALLOWED = new Set(["http:", "https:", "mailto:"]);

/** The address if it is one that is safe to follow, else null. */
export function safeUrl(url) {
  try {
    return ALLOWED.has(new URL(url).protocol) ? url : null;
  } catch {
    return null;
  }
}

/** A link that opens in a new tab, or plain text where it would be none. */
export function link(url, ...label) {
  const safe = safeUrl(url);
  if (!safe) return h("span", {}, ...(label.length ? label : [url]));
  return h("a", { href: safe, target: "_blank", rel: "noopener noreferrer" }, ...(label.length ? label : [url]));
}
