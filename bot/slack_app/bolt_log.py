"""What Bolt may log: that something went wrong and where, never with what.

At every level from debug to error Bolt puts request bodies, and errors that quote them, into its lines.
"""

import logging


class _WithoutPayloads(logging.Filter):
    """Leaves of a line its level, its place, and the type of the exception."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[0] if record.exc_info else None
        record.msg = "Bolt reports trouble at %s:%s%s"
        record.args = (record.module, record.lineno, f": {error.__name__}" if error else "")
        record.exc_info = record.exc_text = record.stack_info = None
        return True


def bolt_log() -> logging.Logger:
    """The logger that Bolt copies level and filter from for each of its own.

    Bolt's warnings are advice for its users' developers: one comes with every start.
    """
    log = logging.getLogger("slack_bolt")
    log.setLevel(logging.ERROR)
    if not log.filters:
        log.addFilter(_WithoutPayloads())
    return log
