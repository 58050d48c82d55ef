"""Text of others, made fit for one line of a terminal or a log."""


def printable(text: str) -> str:
    r"""Everything that could end the line, move the cursor or turn the text around as `\x1b`, `\n`.

    `str.isprintable` is false for control and format characters, line separators and lone
    surrogates, which no terminal encoding takes.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
