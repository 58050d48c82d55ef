"""`demo --once`: sends an event of each type and prints every message and email on the terminal."""

import asyncio
from collections.abc import AsyncIterator

from bot.clock import utc_now
from bot.model import EventState
from bot.playground.cancellation import is_cancelled
from bot.playground.deployment import AUDIENCES, LocalDeployment, local_deployment
from bot.playground.samples import ArrivalCheck, ExpectedEvent, samples_of
from bot.registry import load_registry
from bot.transports.email.content import Mail
from bot.transports.email.transport import EMAIL
from bot.transports.slack.message import SlackMessage
from bot.transports.slack.transport import SLACK
from bot.transports.terminal.console import Console, Weight

_ARRIVAL_TIMEOUT = 30
_POLL_INTERVAL = 0.05


async def send_each_once(console: Console) -> int:
    """Send one event of each type and print the results; return 0 if everything arrived once.

    Raises:
        PlaygroundFailed: if the webhook refuses an event.
        ServiceDied: if one of the bot's processes ends early.
    """
    console.say("Starting", Weight.HEADLINE)
    async with local_deployment(console) as deployment:
        run = _Run(console, deployment)
        await deployment.run_until(run.send_all(), run.show_posts(), run.show_mails())
        return await run.verify()


class _Run:
    """One run of the playground on the terminal."""

    def __init__(self, console: Console, deployment: LocalDeployment) -> None:
        self._console = console
        self._deployment = deployment
        self._samples = samples_of(load_registry(), AUDIENCES, utc_now())
        self._check = ArrivalCheck(self._samples)

    async def send_all(self) -> None:
        """Send every sample, and wait until everything has arrived or the timeout has passed."""
        for sample in self._samples:
            self._console.say(f"Juicebox sends {sample.event.type}", Weight.HEADLINE)
            await self._deployment.post(sample.body)
        try:
            async with asyncio.timeout(_ARRIVAL_TIMEOUT):
                for sample in self._samples:
                    await self._wait_until_handled(sample)
                await self._check.completed.wait()
        except TimeoutError:
            self._console.say(f"Not everything arrived within {_ARRIVAL_TIMEOUT} s.")

    async def _wait_until_handled(self, sample: ExpectedEvent) -> None:
        """Wait for the event's handler; print a line for an event that notifies nobody."""
        while await self._state(sample) is EventState.ACCEPTED and not is_cancelled():  # noqa: ASYNC110 - it changes in another process
            await asyncio.sleep(_POLL_INTERVAL)
        if not sample.deliveries:
            stored = " and ".join(f"{record.kind} {record.id}" for record in sample.records)
            self._console.say(f"{sample.event.type}: stored as {stored}; nobody is notified")

    async def show_posts(self) -> None:
        workspace = self._deployment.slack.workspace
        async for post in workspace.posts.follow():
            channel = workspace.conversations[post.channel]
            message = SlackMessage(post.text, tuple(post.blocks))
            name = f"#{channel.name}" if channel.name else channel.id
            self._console.show(f"Slack to {name}", SLACK.terminal_lines(message))
            self._check.arrived(post.delivery_id)

    async def show_mails(self) -> None:
        async for mail in self._deployment.inbox.arrivals.follow():
            shown = Mail(str(mail.message["Subject"]), mail.text, mail.html)
            title = f"Mail to {', '.join(mail.recipients)}"
            self._console.show(title, EMAIL.terminal_lines(shown))
            self._check.arrived(mail.delivery_id)

    async def verify(self) -> int:
        """Stop the worker, so that nothing more can arrive, and return 0 if there is no problem."""
        await self._deployment.worker.stop()
        posts, mails = self._deployment.slack.posts, self._deployment.inbox.mails
        ids = [*(post.delivery_id for post in posts), *(mail.delivery_id for mail in mails)]
        problems = [*self._check.problems(ids), *[p async for p in self._unhandled()]]
        if not problems:
            arrived = f"{len(posts)} messages in Slack, {len(mails)} emails"
            self._console.say(f"Everything arrived, each once: {arrived}.", Weight.HEADLINE)
            return 0
        self._console.say("Problems:", Weight.HEADLINE)
        log = self._deployment.worker.log_tail().splitlines()
        for line in (*problems, "The worker's last output:", *log):
            self._console.say(f"  {line}")
        return 1

    async def _unhandled(self) -> AsyncIterator[str]:
        for sample in self._samples:
            state = await self._state(sample)
            if state is not EventState.HANDLED:
                yield f"{sample.event.type} was not handled, its state is {state}"
            for record in sample.records:
                if await self._deployment.store.records.get(record.kind, record.id) is None:
                    yield f"{sample.event.type} left no record of {record.kind} {record.id}"

    async def _state(self, sample: ExpectedEvent) -> EventState:
        stored = await self._deployment.store.events.get(sample.event.id)
        return stored.state if stored else EventState.ACCEPTED
