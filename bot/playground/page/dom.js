// Builds elements of the page. What comes from an event goes in as text, and never as markup.

/**
 * An element with attributes and children.
 *
 * A value of `false`, `null` or `undefined` leaves its attribute or child out; a function under
 * `on<event>` listens; a string among the children becomes text.
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

/** Replace everything in `parent`. */
export function fill(parent, ...children) {
  parent.replaceChildren(...children.flat(Infinity).filter((c) => c !== false && c !== null && c !== undefined));
  return parent;
}
