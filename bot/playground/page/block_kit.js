// Renders Block Kit blocks in the look of Slack.
// https://docs.slack.dev/reference/block-kit/blocks

import { h } from "./dom.js";
import { elementView } from "./block_elements.js";
import { inputView } from "./block_inputs.js";
import { markdown } from "./markdown.js";
import { mrkdwn } from "./mrkdwn.js";
import { picture } from "./picture.js";
import { richText } from "./rich_text.js";
import { plainText } from "./slack_text.js";

/**
 * The blocks of a message or a view.
 *
 * `names` is as for mrkdwn(); `press(block, element, value)` is called for interactions.
 */
export function blocksView(blocks, names, press) {
  const textOf = (text) => textView(text, names);
  return blocks.map((block) => {
    const view = BLOCKS.get(block.type);
    if (!view) return h("p", { class: "slack-unsupported" }, `unsupported: ${block.type}`);
    const elementOf = (element) => elementView(element, (value) => press(block, element, value), textOf);
    return h("div", { class: `slack-block is-${block.type}` }, view(block, { names, textOf, elementOf }));
  });
}

const textView = (text, names) => (text.type === "mrkdwn" ? mrkdwn(text.text, names, text.verbatim) : plainText(text));

const BLOCKS = new Map(Object.entries({
  header: ({ text }, { textOf }) => h("h4", { class: "slack-header" }, textOf(text)),
  divider: () => h("hr"),
  section: ({ text, fields = [], accessory }, { textOf, elementOf }) => [
    h("div", { class: "slack-section-text" },
      text ? h("div", {}, textOf(text)) : null,
      fields.length ? h("div", { class: "slack-fields" }, fields.map((field) => h("div", {}, textOf(field)))) : null),
    accessory ? h("div", { class: `slack-accessory is-${accessory.type}` }, elementOf(accessory)) : null,
  ],
  context: ({ elements }, { textOf }) =>
    elements.map((element) => (element.type === "image" ? picture(element, "is-tiny") : h("span", {}, textOf(element)))),
  actions: ({ elements }, { elementOf }) => elements.map(elementOf),
  image: ({ title, ...image }, { textOf }) =>
    h("figure", { class: "slack-figure" }, title ? h("figcaption", {}, textOf(title)) : null, picture(image)),
  markdown: ({ text }) => h("div", { class: "slack-markdown" }, markdown(text)),
  input: inputView,
  rich_text: ({ elements }, { names }) => richText(elements, names),
}));
