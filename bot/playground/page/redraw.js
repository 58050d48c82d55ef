// Draws again without the reader's noticing: once for many changes, and with the focus where it was.

/** Calls of the result do `work` once, after whatever is going on now. */
export function soon(work) {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    queueMicrotask(() => {
      isWaiting = false;
      work();
    });
  };
}

/** If `redraw` takes away the focused element, the one that stands for it now gets the focus. */
export function keepingFocus(root, redraw) {
  const held = root.contains(document.activeElement) ? document.activeElement : null;
  const path = held && pathOf(held);
  redraw();
  if (path && !held.isConnected) root.querySelector(path)?.focus();
}

function pathOf(element) {
  const { place, action } = element.dataset;
  if (place) return `[data-place="${CSS.escape(place)}"]`;
  if (!action) return null;
  const ts = element.closest("[data-ts]")?.dataset.ts;
  return `${ts ? `[data-ts="${CSS.escape(ts)}"] ` : ""}[data-action="${CSS.escape(action)}"]`;
}

/** Put the nodes there without touching those that are in their place already. */
export function place(parent, nodes) {
  const wanted = new Set(nodes);
  for (const node of [...parent.childNodes]) if (!wanted.has(node)) node.remove();
  nodes.forEach((node, index) => {
    if (parent.childNodes[index] !== node) parent.insertBefore(node, parent.childNodes[index] ?? null);
  });
}
