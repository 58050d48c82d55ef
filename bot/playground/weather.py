"""What can go wrong around the bot, switched on and off by hand."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bot.errors import BotError
from bot.fakes.faults import FaultPlan, HttpFault, SmtpFault
from bot.playground.feed import Feed
from bot.playground.stage import Stage
from bot.playground.switch import Power, Switch

FINE = "none"

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Mishap(Generic[F]):
    """A fault by the name that the page gives it, and what one will see of it."""

    name: str
    label: str
    explains: str
    fault: F


SLACK = (
    Mishap(
        "429",
        "429",
        "Slack is asked too often and says to wait 3 s. The bot waits that long; it uses up no attempt.",
        HttpFault.rate_limited(3),
    ),
    Mishap(
        "500",
        "500",
        "Slack answers with an error. The bot tries again after 1 s, 2 s, then a minute and more.",
        HttpFault.status(500),
    ),
    Mishap(
        "lost_reply",
        "Reply lost",
        "Slack shows the message, and its reply is lost. The bot looks into the channel, finds the"
        " message by its metadata, and posts nothing twice.",
        HttpFault.lost_reply(),
    ),
    Mishap(
        "channel_not_found",
        "channel_not_found",
        "Nothing that passes: a dead letter at once. The operators are told by mail.",
        HttpFault.error("channel_not_found"),
    ),
)
SMTP = (
    Mishap(
        "451",
        "451",
        "The mail server asks to come back later. The bot does, and Slack gets nothing twice.",
        SmtpFault.reply_with(451, "4.3.0 Try again later"),
    ),
    Mishap(
        "550",
        "550",
        "The mailbox does not exist: a dead letter at once. The operators are told in Slack.",
        SmtpFault.reply_with(550, "5.1.1 No such mailbox"),
    ),
)


class Unheard(BotError):
    """There is no such weather; the text says what there is."""


class Trouble(Generic[F]):
    """What one side's calls of one name run into."""

    def __init__(self, script: FaultPlan[F], call: str, mishaps: Sequence[Mishap[F]]) -> None:
        self._script = script
        self._call = call
        self._mishaps = {mishap.name: mishap for mishap in mishaps}
        self._name = FINE

    def bring(self, name: str, calls: int | None) -> None:
        """Have the next `calls` calls run into that, or all until it is cleared.

        Raises:
            Unheard: if there is no fault of this name.
        """
        if name not in {FINE, *self._mishaps}:
            known = ", ".join([FINE, *self._mishaps])
            raise Unheard(f"there is no fault {name!r}: there are {known}")
        self._script.clear()
        self._name = name
        if name == FINE:
            return
        fault = self._mishaps[name].fault
        if calls is None:
            self._script.stay(self._call, fault)
        else:
            self._script.add(self._call, [fault] * calls)

    @property
    def row(self) -> Mapping[str, Any]:
        left = self._script.left(self._call)
        return {"fault": FINE if left == 0 else self._name, "left": left}


class Weather:
    """Tells the feed of every change, also of those that come by themselves.

    `killed` is called with the moment at which a worker was killed, in seconds since 1970.
    """

    def __init__(self, on: Stage, feed: Feed) -> None:
        self._feed = feed
        self._service = on.worker
        self.slack = Trouble(on.slack.faults, "chat.postMessage", SLACK)
        self.smtp = Trouble(on.inbox.faults, "RCPT", SMTP)
        self.worker = Switch(on=on.worker.start, off=on.worker.stop, changed=self.tell)
        self.redis = Switch(
            on=lambda: asyncio.to_thread(on.redis.start),
            off=lambda: asyncio.to_thread(on.redis.stop),
            changed=self.tell,
        )
        self.killed: Callable[[float], None] = lambda _: None
        on.slack.faults.changed = on.inbox.faults.changed = self.tell
        self.tell()

    async def turn(self, *, worker: str | None = None, redis: str | None = None) -> None:
        """Make them `running` or `stopped`; None leaves them as they are.

        A worker that is `killed` ends in the middle of what it does, and another starts, as a
        platform has it.
        """
        if worker == "killed":
            await self.worker.turn_off(self._kill)
        for switch, wanted in ((self.worker, worker), (self.redis, redis)):
            if wanted == Power.STOPPED:
                await switch.turn_off()
            elif wanted is not None:
                await switch.turn_on()

    async def _kill(self) -> None:
        await self._service.kill()
        self.killed(time.time())

    async def settle(self) -> None:
        """Wait for what is being started or stopped."""
        await self.worker.settle()
        await self.redis.settle()

    def tell(self) -> None:
        """Tell the feed how things stand."""
        self._feed.tell(
            "weather",
            "",
            slack=self.slack.row,
            smtp=self.smtp.row,
            worker=str(self.worker.power),
            redis=str(self.redis.power),
        )


def described(mishaps: Iterable[Mishap[Any]]) -> list[Mapping[str, str]]:
    """As the page shows them, the good weather first."""
    fine = {"name": FINE, "label": "Fine", "explains": "Everything works."}
    return [fine, *({"name": m.name, "label": m.label, "explains": m.explains} for m in mishaps)]
