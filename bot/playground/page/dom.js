// Builds elements of the page. Data is inserted as text, never as markup.

/**
 * An element with attributes and children.
 *
 * Attributes and children that are `false`, `null` or `undefined` are omitted; `on<event>` takes a
 * listener; a string becomes a text node.
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((c) => c !== false && c !== null && c !== undefined));
  return element;
}

/** Replace the children of `parent`. */
export function fill(parent, ...children) {
  parent.replaceChildren(...children.flat(Infinity).filter((c) => c !== false && c !== null && c !== undefined));
  return parent;
}
