"""The demo on the terminal: every type of event goes in, every message and mail is shown."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from email.utils import unquote
from pathlib import Path
from typing import TextIO

from bot.clock import utc_now
from bot.delivery.senders.block_text import Weight
from bot.delivery.senders.console import Console
from bot.demo.inbox import ReceivedMail
from bot.demo.racing import Stopped, race, stop_signal
from bot.demo.samples import Sample, Tally, samples_of
from bot.demo.slack.workspace import Post
from bot.demo.stage import AUDIENCES, SECRET, Stage, stage
from bot.errors import BotError
from bot.model import EventState, Mail, SlackMessage
from bot.registry import load_registry

_ARRIVAL_SECONDS = 30
_LOOK_SECONDS = 0.05


def run_demo(*, once: bool, stream: TextIO | None = None) -> int:
    """Run everything here until it is stopped; `once`, until the samples have arrived.

    The exit code is 0, or 1 if something is missing on this machine, broke on the way, or did not
    arrive exactly once.
    """
    out = stream or sys.stdout
    console = Console(out, colours=_wants_colours(out))
    try:
        return asyncio.run(_until_stopped(console, once=once))
    except BotError as error:
        for line in str(error).splitlines():
            console.say(line)
        return 1


async def _until_stopped(console: Console, *, once: bool) -> int:
    with stop_signal() as stop:
        try:
            return await race(_Demo(console).run(once=once), stop())
        except Stopped:
            console.say("Stopped.")
            return 1 if once else 0


class _Demo:
    """One run of the demo."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._samples = samples_of(load_registry(), AUDIENCES, utc_now())
        self._tally = Tally(self._samples)

    async def run(self, *, once: bool) -> int:
        self._console.say("Starting", Weight.HEADLINE)
        async with stage(lambda step: self._console.say(f"  {step}", Weight.ASIDE)) as on:
            work = self._send_all(on) if once else self._send_all_and_stay(on)
            await on.race(work, self._show_posts(on), self._show_mails(on))
            return await self._verdict(on)

    async def _send_all_and_stay(self, on: Stage) -> None:
        await self._send_all(on)
        python = Path(sys.executable)
        shown = python.relative_to(Path.cwd()) if python.is_relative_to(Path.cwd()) else python
        send = f"{shown} -m bot send export.ready --url {on.webhook_url}"
        self._console.say("Send more from another terminal:", Weight.HEADLINE)
        self._console.say(f"  JUICEBOX_WEBHOOK_SECRET={SECRET} {send}")
        self._console.say("Ctrl-C ends everything.")
        await asyncio.Event().wait()

    async def _send_all(self, on: Stage) -> None:
        """Send every sample, and wait until all is there or patience ends."""
        for sample in self._samples:
            self._console.say(f"Juicebox sends {sample.event.type}", Weight.HEADLINE)
            await on.post(sample.body)
        try:
            async with asyncio.timeout(_ARRIVAL_SECONDS):
                for sample in self._samples:
                    await self._until_handled(on, sample)
                await self._tally.completed.wait()
        except TimeoutError:
            self._console.say(f"Not everything arrived within {_ARRIVAL_SECONDS} s.")

    async def _until_handled(self, on: Stage, sample: Sample) -> None:
        """Look until the event's handler has run; one that tells nobody has its own line."""
        while await _state(on, sample) is EventState.ACCEPTED:  # noqa: ASYNC110 - it changes in another process
            await asyncio.sleep(_LOOK_SECONDS)
        if not sample.deliveries:
            kept = " and ".join(f"{record.kind} {record.id}" for record in sample.records)
            self._console.say(f"{sample.event.type}: kept as {kept}; nobody is told")

    async def _show_posts(self, on: Stage) -> None:
        async for post in on.slack.workspace.posts.follow():
            channel = on.slack.workspace.conversations[post.channel]
            message = SlackMessage(post.text, tuple(post.blocks))
            self._console.slack(f"#{channel.name}" if channel.name else channel.id, message)
            self._tally.arrived(_of_post(post))

    async def _show_mails(self, on: Stage) -> None:
        async for mail in on.inbox.arrivals.follow():
            shown = Mail(str(mail.message["Subject"]), mail.text, mail.html)
            self._console.mail(", ".join(mail.recipients), shown)
            self._tally.arrived(_of_mail(mail))

    async def _verdict(self, on: Stage) -> int:
        """Stop the worker, so that nothing can arrive any more, and compare."""
        await on.worker.stop()
        posts, mails = on.slack.posts, on.inbox.mails
        ids = [*map(_of_post, posts), *map(_of_mail, mails)]
        complaints = [*self._tally.complaints(ids), *[c async for c in self._unhandled(on)]]
        if complaints:
            self._console.say("Not everything is as it should be:", Weight.HEADLINE)
            for line in (*complaints, "The worker last wrote:", *on.worker.said().splitlines()):
                self._console.say(f"  {line}")
            return 1
        told = f"{len(posts)} messages in Slack, {len(mails)} mails"
        self._console.say(f"Everything arrived, each once: {told}.", Weight.HEADLINE)
        return 0

    async def _unhandled(self, on: Stage) -> AsyncIterator[str]:
        for sample in self._samples:
            state = await _state(on, sample)
            if state is not EventState.HANDLED:
                yield f"{sample.event.type} was left {state}"
            for record in sample.records:
                if await on.store.records.get(record.kind, record.id) is None:
                    yield f"{sample.event.type} left no record of {record.kind} {record.id}"


async def _state(on: Stage, sample: Sample) -> EventState:
    stored = await on.store.events.get(sample.event.id)
    return stored.state if stored else EventState.ACCEPTED


def _of_post(post: Post) -> str:
    """The id of the delivery that a message is, as its metadata has it."""
    payload = post.metadata["event_payload"] if post.metadata else {}
    return str(payload.get("delivery_id", ""))


def _of_mail(mail: ReceivedMail) -> str:
    """The id of the delivery that a mail is, as its Message-ID has it."""
    return unquote(str(mail.message["Message-ID"])).partition("@")[0]


def _wants_colours(stream: TextIO) -> bool:
    """no-color.org, and nothing but text for whatever is not a terminal."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
