// Block Kit as elements of the page, in the look that Slack gives it.
// https://docs.slack.dev/reference/block-kit/blocks

import { h } from "./dom.js";
import { pressable } from "./block_elements.js";
import { withEmoji } from "./emoji.js";
import { safeUrl } from "./links.js";
import { mrkdwn } from "./mrkdwn.js";
import { richText, unsupported } from "./rich_text.js";

/**
 * The blocks of a message or a view.
 *
 * `names` is as mrkdwn() has it; `press(block, element, value)` is called for whatever is pressed.
 */
export function blocksView(blocks, names, press) {
  return blocks.map((block) => {
    const view = BLOCKS[block.type];
    return view ? h("div", { class: `slack-block is-${block.type}` }, view(block, names, press)) : unsupported(block);
  });
}

/** A text object: `mrkdwn`, or `plain_text` in which nothing but emoji is marked up. */
export function textView(text, names) {
  if (text.type === "mrkdwn") return mrkdwn(text.text, names, text.verbatim);
  return linesOf(text.emoji === false ? text.text : withEmoji(text.text));
}

const linesOf = (text) => text.split("\n").flatMap((line, index) => (index ? [h("br"), line] : [line]));

const BLOCKS = {
  header: ({ text }, names) => h("h4", { class: "slack-header" }, textView(text, names)),
  divider: () => h("hr"),
  section: ({ text, fields = [], accessory, ...block }, names, press) => [
    h("div", { class: "slack-section-text" },
      text ? h("div", {}, textView(text, names)) : null,
      fields.length ? h("div", { class: "slack-fields" }, fields.map((field) => h("div", {}, textView(field, names)))) : null),
    accessory ? h("div", { class: "slack-accessory" }, elementView(block, accessory, names, press)) : null,
  ],
  context: ({ elements }, names) =>
    elements.map((element) =>
      element.type === "image" ? picture(element, "is-tiny") : h("span", {}, textView(element, names))),
  actions: ({ elements, ...block }, names, press) =>
    elements.map((element) => elementView(block, element, names, press)),
  image: ({ title, ...image }, names) =>
    h("figure", { class: "slack-figure" }, title ? h("figcaption", {}, textView(title, names)) : null, picture(image)),
  markdown: ({ text }) => h("div", { class: "slack-markdown" }, linesOf(text)),
  rich_text: ({ elements }, names) => richText(elements, names),
};

function elementView(block, element, names, press) {
  if (element.type === "image") return picture(element);
  return pressable(element, (value) => press(block, element, value), (text) => textView(text, names)) ?? unsupported(element);
}

/** Nothing is loaded from the network: an image of elsewhere is shown by its words and its host. */
function picture({ image_url, alt_text }, size = "") {
  if (/^data:image\//.test(image_url ?? "") || isOurs(image_url)) {
    return h("img", { class: `slack-image ${size}`, src: image_url, alt: alt_text });
  }
  const host = safeUrl(image_url) ? new URL(image_url).host : "no address";
  return h("span", { class: `slack-image is-absent ${size}`, role: "img", "aria-label": alt_text, title: host },
    size ? "▣" : `▣ ${alt_text} (${host})`);
}

const isOurs = (url) => Boolean(safeUrl(url)) && new URL(url).origin === location.origin;
