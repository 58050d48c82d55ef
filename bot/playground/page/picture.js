// An image in a message; nothing is loaded from the network.

import { h } from "./dom.js";
import { safeUrl } from "./links.js";

/** An external image is shown as its alt text and host; `size` is "is-tiny" in a line of text. */
export function picture({ image_url: url, alt_text: words }, size = "") {
  if (/^data:image\//.test(url ?? "") || isOurs(url)) {
    return h("img", { class: `slack-image ${size}`, src: url, alt: words });
  }
  const host = safeUrl(url) ? new URL(url).host : "no URL";
  return h("span", { class: `slack-image is-absent ${size}`, role: "img", "aria-label": words, title: `${words} (${host})` },
    size ? "▣" : [h("span", {}, words), h("span", { class: "slack-image-host" }, host)]);
}

const isOurs = (url) => Boolean(safeUrl(url)) && new URL(url).origin === location.origin;
