"""Escapes text for one line of a terminal or a log."""


def printable(text: str) -> str:
    r"""Escape characters that could break the line, move the cursor or reverse text: `\x1b`, `\n`.

    `str.isprintable` is false for control and format characters, line separators and lone
    surrogates, which no terminal encoding accepts.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
