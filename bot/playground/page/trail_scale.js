// A time axis that stays legible from a microsecond to hours: where nothing happens it is broken.

const QUIET_MS = 400;
const MOST_QUIET = 0.55;
const WIDEST_QUIET = 0.14;
const LEAST_BUSY = 0.1;

/**
 * The stretches between moments (milliseconds): `{ from, to, left, width, quiet }`, places in 0..1.
 *
 * What happens close together is drawn in proportion; a long wait gets a fixed width, and is `quiet`.
 */
export function stretches(moments) {
  const sorted = [...new Set(moments)].sort((a, b) => a - b);
  const lengths = sorted.slice(1).map((moment, index) => moment - sorted[index]);
  const busyTime = lengths.filter((length) => length <= QUIET_MS).reduce((sum, length) => sum + length, 0);
  const isQuiet = (length) => length > QUIET_MS && length > busyTime;
  const found = [];
  for (const [index, to] of sorted.entries()) {
    if (index === 0) continue;
    const from = sorted[index - 1];
    const quiet = isQuiet(to - from);
    const last = found.at(-1);
    if (last && !last.quiet && !quiet) last.to = to;
    else found.push({ from, to, quiet });
  }
  return placed(found);
}

function placed(found) {
  const quiet = found.filter((stretch) => stretch.quiet).length;
  const busy = found.filter((stretch) => !stretch.quiet);
  const quietWidth = busy.length ? Math.min(WIDEST_QUIET, MOST_QUIET / Math.max(1, quiet)) : 1 / Math.max(1, quiet);
  const shared = 1 - quietWidth * quiet;
  const least = Math.min(LEAST_BUSY, shared / Math.max(1, busy.length));
  const spare = shared - least * busy.length;
  const time = busy.reduce((sum, { from, to }) => sum + to - from, 0);
  let left = 0;
  return found.map((stretch) => {
    const length = stretch.to - stretch.from;
    const width = stretch.quiet ? quietWidth : least + spare * (length / time);
    left += width;
    return { ...stretch, left: left - width, width };
  });
}

/** Where a moment is on the axis, in 0..1. */
export function placeOf(moment, axis) {
  const stretch = axis.find(({ to }) => moment <= to) ?? axis.at(-1);
  if (!stretch) return 0;
  const share = (moment - stretch.from) / (stretch.to - stretch.from);
  return stretch.left + stretch.width * Math.min(1, Math.max(0, share));
}
