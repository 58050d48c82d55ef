"""Simulated failures around the bot, switched on and off from the page."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bot.errors import BotError
from bot.fakes.faults import FaultPlan, HttpFault, SmtpFault
from bot.playground.deployment import LocalDeployment
from bot.playground.feed import Feed
from bot.playground.switch import Power, Switch

NO_FAULT = "none"

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class FaultOption(Generic[F]):
    """A fault that the page offers: its name, its label, and what to expect of it."""

    name: str
    label: str
    explanation: str
    fault: F


SLACK = (
    FaultOption(
        "429",
        "429",
        "Slack answers 429 with Retry-After: 3. The bot waits 3 s, which does not count as an attempt.",
        HttpFault.rate_limited(3),
    ),
    FaultOption(
        "500",
        "500",
        "Slack answers with a server error. The bot retries after 1 s, 2 s, a minute and longer.",
        HttpFault.status(500),
    ),
    FaultOption(
        "lost_reply",
        "Reply lost",
        "Slack posts the message, but its reply is lost. The bot searches the channel, finds the"
        " message by its metadata, and does not post it again.",
        HttpFault.lost_reply(),
    ),
    FaultOption(
        "channel_not_found",
        "channel_not_found",
        "A retry cannot help: the message becomes a dead letter at once, and operators get an email.",
        HttpFault.error("channel_not_found"),
    ),
)
SMTP = (
    FaultOption(
        "451",
        "451",
        "The mail server has a temporary problem. The bot retries the email, but not the Slack message.",
        SmtpFault.reply_with(451, "4.3.0 Try again later"),
    ),
    FaultOption(
        "550",
        "550",
        "The mailbox does not exist: the email becomes a dead letter at once, and operators are told"
        " in Slack.",
        SmtpFault.reply_with(550, "5.1.1 No such mailbox"),
    ),
)


class UnknownFault(BotError):
    """There is no fault of this name; the message lists those that there are."""


class FaultSelector(Generic[F]):
    """Selects the fault with which calls of one server's method fail."""

    def __init__(self, plan: FaultPlan[F], call: str, options: Sequence[FaultOption[F]]) -> None:
        self._plan = plan
        self._call = call
        self._options = {option.name: option for option in options}
        self._selected = NO_FAULT

    def select(self, name: str, calls: int | None) -> None:
        """Make the next `calls` calls fail like this; None means all calls until it is cleared.

        Raises:
            UnknownFault: if there is no fault of this name.
        """
        if name not in {NO_FAULT, *self._options}:
            known = ", ".join([NO_FAULT, *self._options])
            raise UnknownFault(f"there is no fault {name!r}: there are {known}")
        self._plan.clear()
        self._selected = name
        if name == NO_FAULT:
            return
        fault = self._options[name].fault
        if calls is None:
            self._plan.repeat(self._call, fault)
        else:
            self._plan.add(self._call, [fault] * calls)

    @property
    def state(self) -> Mapping[str, Any]:
        remaining = self._plan.remaining(self._call)
        return {"fault": NO_FAULT if remaining == 0 else self._selected, "remaining": remaining}


class FailureControls:
    """Publishes the state of all simulated failures to the feed whenever one changes.

    `on_kill` is called with the time at which a worker was killed, in seconds since 1970.
    """

    def __init__(self, deployment: LocalDeployment, feed: Feed) -> None:
        self._feed = feed
        self._service = deployment.worker
        redis = deployment.redis
        self.slack = FaultSelector(deployment.slack.faults, "chat.postMessage", SLACK)
        self.smtp = FaultSelector(deployment.inbox.faults, "RCPT", SMTP)
        self.worker = Switch(
            start=self._service.start, stop=self._service.stop, on_change=self.publish
        )
        self.redis = Switch(
            start=lambda: asyncio.to_thread(redis.start),
            stop=lambda: asyncio.to_thread(redis.stop),
            on_change=self.publish,
        )
        self.on_kill: Callable[[float], None] = lambda _: None
        deployment.slack.faults.on_change = deployment.inbox.faults.on_change = self.publish
        self.publish()

    async def set_processes(self, *, worker: str | None = None, redis: str | None = None) -> None:
        """Start or stop the worker and Redis; None leaves one unchanged.

        A worker that is `killed` is replaced by a new one at once, as on a hosting platform.
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
        self.on_kill(time.time())

    async def wait_for_changes(self) -> None:
        """Wait for starts and stops in progress."""
        await self.worker.wait_for_changes()
        await self.redis.wait_for_changes()

    def publish(self) -> None:
        self._feed.publish(
            "failures",
            "",
            slack=self.slack.state,
            smtp=self.smtp.state,
            worker=str(self.worker.power),
            redis=str(self.redis.power),
        )


def describe_options(options: Iterable[FaultOption[Any]]) -> list[Mapping[str, str]]:
    """Return the options for the page, beginning with none."""
    none = {"name": NO_FAULT, "label": "None", "explanation": "Everything works."}
    return [
        none,
        *({"name": o.name, "label": o.label, "explanation": o.explanation} for o in options),
    ]
