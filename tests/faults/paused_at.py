"""An ordinary worker that stops itself once, as a machine may: when all that is left is to send.

`python -m tests.faults.paused_at slack|mail`. It says PAUSED, and stands still until SIGCONT. A pause in
the middle of a call would not do: what has a time limit is given up on waking, before anything else.
"""

import os
import signal
import sys
from typing import Any

import aiosmtplib

from bot.__main__ import main
from bot.model import Context, SlackMessage
from bot.transports.slack.content import SlackRenderer

PAUSED = "paused before sending"


class Pause:
    """Comes once."""

    def __init__(self) -> None:
        self._is_over = False

    def __call__(self) -> None:
        if not self._is_over:
            self._is_over = True
            os.write(1, f"{PAUSED}\n".encode())
            os.kill(os.getpid(), signal.SIGSTOP)


def pause_before_posting(pause: Pause) -> None:
    render = SlackRenderer.render_template

    def render_and_pause(self: SlackRenderer, template: str, context: Context) -> SlackMessage:
        message = render(self, template, context)
        pause()
        return message

    SlackRenderer.render_template = render_and_pause  # type: ignore[method-assign]


def pause_before_mailing(pause: Pause) -> None:
    """The sender waits for minutes, so that it is not its own timeout which saves us."""
    rcpt = aiosmtplib.SMTP.rcpt

    async def rcpt_and_pause(self: aiosmtplib.SMTP, recipient: str) -> Any:
        reply = await rcpt(self, recipient)
        pause()
        return reply

    aiosmtplib.SMTP.rcpt = rcpt_and_pause  # type: ignore[assignment]


if __name__ == "__main__":
    {"slack": pause_before_posting, "mail": pause_before_mailing}[sys.argv[1]](Pause())
    main(["worker"])
