// A time axis for microseconds to hours, which compresses long waits.

const QUIET_MS = 400;
const MAX_QUIET_SHARE = 0.55;
const MAX_QUIET_WIDTH = 0.14;
const MIN_BUSY_WIDTH = 0.1;

/**
 * The segments between times (milliseconds): `{ from, to, left, width, quiet }`, positions in 0..1.
 *
 * Busy segments are drawn to scale; a long wait is `quiet` and has a fixed width.
 */
export function segments(times) {
  const sorted = [...new Set(times)].sort((a, b) => a - b);
  const lengths = sorted.slice(1).map((time, index) => time - sorted[index]);
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
  const quiet = found.filter((segment) => segment.quiet).length;
  const busy = found.filter((segment) => !segment.quiet);
  const quietWidth = busy.length ? Math.min(MAX_QUIET_WIDTH, MAX_QUIET_SHARE / Math.max(1, quiet)) : 1 / Math.max(1, quiet);
  const shared = 1 - quietWidth * quiet;
  const least = Math.min(MIN_BUSY_WIDTH, shared / Math.max(1, busy.length));
  const spare = shared - least * busy.length;
  const time = busy.reduce((sum, { from, to }) => sum + to - from, 0);
  let left = 0;
  return found.map((segment) => {
    const length = segment.to - segment.from;
    const width = segment.quiet ? quietWidth : least + spare * (length / time);
    left += width;
    return { ...segment, left: left - width, width };
  });
}

/** The position of a time on the axis, in 0..1. */
export function positionOf(time, axis) {
  const segment = axis.find(({ to }) => time <= to) ?? axis.at(-1);
  if (!segment) return 0;
  const share = (time - segment.from) / (segment.to - segment.from);
  return segment.left + segment.width * Math.min(1, Math.max(0, share));
}
