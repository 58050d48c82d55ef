// Redraws once for many changes, and keeps the focus.

/** Returns a function that runs `work` once in the next microtask, however often it is called. */
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

/** Redraw; if the focused element is replaced, focus its replacement. */
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

/** Set the children of `parent` without touching those already in place. */
export function place(parent, nodes) {
  const wanted = new Set(nodes);
  for (const node of [...parent.childNodes]) if (!wanted.has(node)) node.remove();
  nodes.forEach((node, index) => {
    if (parent.childNodes[index] !== node) parent.insertBefore(node, parent.childNodes[index] ?? null);
  });
}
