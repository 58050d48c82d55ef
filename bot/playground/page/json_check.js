// Says of a text whether it is a JSON object, and where it stops being one.

/** `{ says: "" }`, or what is wrong with it, and `at` which character if that is known. */
export function whatIsWrong(text) {
  try {
    const given = JSON.parse(text);
    const isObject = typeof given === "object" && given !== null && !Array.isArray(given);
    return { says: isObject ? "" : "An event is a JSON object.", at: null };
  } catch (error) {
    const at = placeIn(error.message, text);
    return { says: at === null ? `Not JSON: ${error.message}` : `Not JSON: ${inWords(text, at, error.message)}`, at };
  }
}

/** Chromium counts characters, Firefox lines and columns, and Safari keeps it to itself. */
function placeIn(message, text) {
  if (/end of (JSON input|data)/i.test(message)) return text.length;
  const position = /position (\d+)/.exec(message);
  if (position) return Number(position[1]);
  const lineAndColumn = /line (\d+) column (\d+)/.exec(message);
  if (!lineAndColumn) return null;
  const [line, column] = lineAndColumn.slice(1).map(Number);
  return text.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0) + column - 1;
}

function inWords(text, at, message) {
  const before = text.slice(0, at).split("\n");
  const reason = message
    .replace(/^JSON\.parse: /, "")
    .replace(/,? ?(in JSON )?at (position|line) \d+.*$/s, "")
    .replace(/^Unexpected end of JSON input$/, "it ends too soon");
  return `line ${before.length}, column ${before.at(-1).length + 1}: ${reason}`;
}
