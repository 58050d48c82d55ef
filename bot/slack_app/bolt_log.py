"""Bolt's log without payloads.

At every level from debug to error Bolt logs request bodies, and errors that quote them.
"""

import logging


class _WithoutPayloads(logging.Filter):
    """Reduces a record to its level, its place in the code, and the type of the exception."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[0] if record.exc_info else None
        record.msg = "Bolt reports an error at %s:%s%s"
        record.args = (record.module, record.lineno, f": {error.__name__}" if error else "")
        record.exc_info = record.exc_text = record.stack_info = None
        return True


def bolt_log() -> logging.Logger:
    """Return the logger whose level and filters Bolt copies to each of its own.

    Warnings are left out: Bolt uses them for advice to developers, and logs one at every start.
    """
    log = logging.getLogger("slack_bolt")
    log.setLevel(logging.ERROR)
    if not log.filters:
        log.addFilter(_WithoutPayloads())
    return log
