"""The demo on the terminal: an event of each type goes in, every message and mail is shown."""

import asyncio
from collections.abc import AsyncIterator

from bot.clock import utc_now
from bot.fakes.deliveries import delivery_of_mail, delivery_of_post
from bot.model import EventState, Mail, SlackMessage
from bot.playground.racing import is_cancelled
from bot.playground.samples import ExpectedEvent, Tally, samples_of
from bot.playground.stage import AUDIENCES, Stage, stage
from bot.registry import load_registry
from bot.transports.email.transport import EMAIL
from bot.transports.slack.transport import SLACK
from bot.transports.terminal.console import Console
from bot.transports.terminal.lines import Weight

_ARRIVAL_SECONDS = 30
_LOOK_SECONDS = 0.05


async def send_each_once(console: Console) -> int:
    """Send one event of each type, and show what comes of it; 0 if all arrived, each once.

    Raises:
        DemoFailed: if the webhook refuses one.
        ServiceDied: if one of the bot's processes ends before.
    """
    console.say("Starting", Weight.HEADLINE)
    async with stage(console) as on:
        demo = _Demo(console, on)
        await on.race(demo.send_all(), demo.show_posts(), demo.show_mails())
        return await demo.verdict()


class _Demo:
    """One run of the demo."""

    def __init__(self, console: Console, on: Stage) -> None:
        self._console = console
        self._on = on
        self._samples = samples_of(load_registry(), AUDIENCES, utc_now())
        self._tally = Tally(self._samples)

    async def send_all(self) -> None:
        """Send every sample, and wait until all is there or patience ends."""
        for sample in self._samples:
            self._console.say(f"Juicebox sends {sample.event.type}", Weight.HEADLINE)
            await self._on.post(sample.body)
        try:
            async with asyncio.timeout(_ARRIVAL_SECONDS):
                for sample in self._samples:
                    await self._until_handled(sample)
                await self._tally.completed.wait()
        except TimeoutError:
            self._console.say(f"Not everything arrived within {_ARRIVAL_SECONDS} s.")

    async def _until_handled(self, sample: ExpectedEvent) -> None:
        """Look until the event's handler has run; one that tells nobody has its own line."""
        while await _state(self._on, sample) is EventState.ACCEPTED and not is_cancelled():  # noqa: ASYNC110 - it changes in another process
            await asyncio.sleep(_LOOK_SECONDS)
        if not sample.deliveries:
            kept = " and ".join(f"{record.kind} {record.id}" for record in sample.records)
            self._console.say(f"{sample.event.type}: kept as {kept}; nobody is told")

    async def show_posts(self) -> None:
        async for post in self._on.slack.workspace.posts.follow():
            channel = self._on.slack.workspace.conversations[post.channel]
            message = SlackMessage(post.text, tuple(post.blocks))
            name = f"#{channel.name}" if channel.name else channel.id
            self._console.show(f"Slack to {name}", SLACK.terminal_lines(message))
            self._tally.arrived(delivery_of_post(post))

    async def show_mails(self) -> None:
        async for mail in self._on.inbox.arrivals.follow():
            shown = Mail(str(mail.message["Subject"]), mail.text, mail.html)
            title = f"Mail to {', '.join(mail.recipients)}"
            self._console.show(title, EMAIL.terminal_lines(shown))
            self._tally.arrived(delivery_of_mail(mail))

    async def verdict(self) -> int:
        """Stop the worker, so that nothing can arrive any more, and compare."""
        await self._on.worker.stop()
        posts, mails = self._on.slack.posts, self._on.inbox.mails
        ids = [*map(delivery_of_post, posts), *map(delivery_of_mail, mails)]
        block_errors = [*self._tally.block_errors(ids), *[c async for c in self._unhandled()]]
        if block_errors:
            self._console.say("Not everything is as it should be:", Weight.HEADLINE)
            for line in (
                *block_errors,
                "The worker last wrote:",
                *self._on.worker.said().splitlines(),
            ):
                self._console.say(f"  {line}")
            return 1
        told = f"{len(posts)} messages in Slack, {len(mails)} mails"
        self._console.say(f"Everything arrived, each once: {told}.", Weight.HEADLINE)
        return 0

    async def _unhandled(self) -> AsyncIterator[str]:
        for sample in self._samples:
            state = await _state(self._on, sample)
            if state is not EventState.HANDLED:
                yield f"{sample.event.type} was left {state}"
            for record in sample.records:
                if await self._on.store.records.get(record.kind, record.id) is None:
                    yield f"{sample.event.type} left no record of {record.kind} {record.id}"


async def _state(on: Stage, sample: ExpectedEvent) -> EventState:
    stored = await on.store.events.get(sample.event.id)
    return stored.state if stored else EventState.ACCEPTED
