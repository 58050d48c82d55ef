// Checks whether a text is a JSON object, and finds the position of an error.

/** The error `message`, empty if there is none, and its position `at`, null if unknown. */
export function findError(text) {
  try {
    const given = JSON.parse(text);
    const isObject = typeof given === "object" && given !== null && !Array.isArray(given);
    return { message: isObject ? "" : "An event must be a JSON object.", at: null };
  } catch (error) {
    const at = positionOf(error.message, text);
    return { message: at === null ? `Not JSON: ${error.message}` : `Not JSON: ${describe(text, at, error.message)}`, at };
  }
}

/** Chromium reports a position, Firefox a line and a column, Safari neither. */
function positionOf(message, text) {
  if (/end of (JSON input|data)/i.test(message)) return text.length;
  const position = /position (\d+)/.exec(message);
  if (position) return Number(position[1]);
  const lineAndColumn = /line (\d+) column (\d+)/.exec(message);
  if (!lineAndColumn) return null;
  const [line, column] = lineAndColumn.slice(1).map(Number);
  return text.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0) + column - 1;
}

function describe(text, at, message) {
  const before = text.slice(0, at).split("\n");
  const reason = message
    .replace(/^JSON\.parse: /, "")
    .replace(/,? ?(in JSON )?at (position|line) \d+.*$/s, "")
    .replace(/^Unexpected end of JSON input$/, "unexpected end");
  return `line ${before.length}, column ${before.at(-1).length + 1}: ${reason}`;
}
