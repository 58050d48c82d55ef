"""The whole bot in one event loop, in virtual time, with everything around it that can fail."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from contextvars import Context
from datetime import timedelta
from typing import Any, Self

import httpx
from fastapi import FastAPI

from bot.delivery.requeue import requeue, requeue_all
from bot.fakes.arrivals import Arrivals
from bot.fakes.redis_server import RedisServer
from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.workspace import Workspace
from bot.fakes.smtp import Inbox
from bot.intake.webhook import Webhook
from bot.metrics.recorder import Metrics
from bot.registry import load_registry
from bot.store import Store
from bot.store.connection import connect
from bot.store.queue import QUEUE, RUNNING
from bot.worker.timings import WorkerTimings
from tests.app import SECRET, MakeSettings
from tests.faults.machine_time import Time, virtual_scripts
from tests.faults.machine_worker import RETENTION, MachineWorker, machine_store
from tests.faults.proxy import Proxy

A_MOMENT = 0.03
"""Real seconds: until data in transit has arrived, or a cut connection is restored."""
_MOST_POLLS = 500
_ROUNDS = 20
_LEASE_OVER = WorkerTimings().lease_duration + timedelta(seconds=1)


class World:
    """Web and worker reach Redis through `proxy`; `store` is the test's own connection."""

    def __init__(self, server: RedisServer, make_settings: MakeSettings) -> None:
        self._stack = AsyncExitStack()
        self._stack.enter_context(virtual_scripts())
        self.time = Time()
        self.proxy = Proxy(server.port)
        self.slack = LocalSlack(
            workspace=Workspace(self.time.timestamp), monotonic=self.time.monotonic
        )
        self.inbox = Inbox()
        self._arrivals: dict[str, Arrivals[Any]] = {
            "slack": self.slack.workspace.posts,
            "mail": self.inbox.arrivals,
        }
        self.redis = connect(server.url, timeout=timedelta(seconds=60))
        self.store = Store(self.redis, retention=RETENTION)
        self.registry = load_registry()
        self.frozen: list[MachineWorker] = []
        self._make_settings = make_settings
        self._dead: list[MachineWorker] = []
        self._repair: asyncio.Task[None] | None = None
        self._surroundings = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self.redis.flushall()
        await self.time.set_redis_clock(self.redis)
        for part in (self.proxy, self.slack, self.inbox):
            await self._surroundings.enter_async_context(part)
        self._stack.push_async_callback(self.redis.aclose)
        self._stack.push_async_callback(self._close_dead_workers)
        self._stack.push_async_callback(self._surroundings.aclose)
        self.settings = self._make_settings(
            REDIS_URL=f"redis://127.0.0.1:{self.proxy.port}/0",
            SLACK_API_URL=self.slack.url,
            SMTP_URL=self.inbox.url,
            SMTP_CONNECTIONS="50",  # waiting for a connection would take time, which does not pass by itself
        )
        self.client = await self._stack.enter_async_context(self._web())
        self.worker = self._new_worker()
        return self

    async def __aexit__(self, *error: object) -> None:
        self._dead += [*self.frozen, self.worker]
        self.time.true += timedelta(days=1)
        await self._stack.aclose()

    def _web(self) -> httpx.AsyncClient:
        store = machine_store(self.settings)
        self._stack.push_async_callback(store.redis.aclose)
        metrics = Metrics(store.counters, self.registry.types)
        webhook = Webhook(store, metrics, [SECRET], self.time.now)
        app = FastAPI()
        app.add_api_route("/webhooks/juicebox", webhook.receive, methods=["POST"])
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://bot")

    def _new_worker(self) -> MachineWorker:
        return MachineWorker(self.settings, self.time)

    async def _close_dead_workers(self) -> None:
        for worker in self._dead:
            await worker.close()

    async def post(self, body: bytes, headers: dict[str, str]) -> httpx.Response:
        return await self.client.post("/webhooks/juicebox", content=body, headers=headers)

    async def everything_kept(self) -> dict[bytes, bytes | None]:
        return {key: await self.redis.dump(key) async for key in self.redis.scan_iter()}

    async def work(self) -> None:
        """Poll once; a worker that freezes meanwhile is set aside, and replaced."""
        worker = self.worker
        await worker.poll()
        if self._repair is not None:
            await self._repair
        if worker.is_frozen:
            self.frozen.append(worker)
            self.worker = self._new_worker()
            await self._finish_transfers()

    async def _finish_transfers(self) -> None:
        """Wait until Slack, the mail server, the proxy and Redis have received what was sent.

        All but Redis run in this loop, so its rounds are counted: a busy machine is slow.
        """
        for _ in range(_ROUNDS):
            for _ in range(_ROUNDS):
                await asyncio.sleep(0)
            await self.redis.ping()
        await asyncio.sleep(A_MOMENT)

    def kill(self, worker: MachineWorker) -> None:
        self.frozen.remove(worker)
        self._dead.append(worker)

    async def wake(self, worker: MachineWorker) -> None:
        self.frozen.remove(worker)
        await worker.thaw()
        (self.frozen if worker.is_frozen else self._dead).append(worker)

    def strikes(self) -> dict[str, Callable[[], None]]:
        """Return what can happen to the worker, or between it and Redis."""
        proxy, freeze = self.proxy, self.worker.life.freeze
        return {
            "freeze": freeze,
            "kill": freeze,
            "cut": lambda: self._for_a_moment(proxy.cut),
            "cut for long": lambda: self._past_the_lease(proxy.cut),
            "stall": lambda: self._for_a_moment(proxy.stall),
            "stall for long": lambda: self._past_the_lease(proxy.stall),
            "lose a reply": lambda: proxy.lose_replies(b"EVALSHA", 1),
            "lose two": lambda: proxy.lose_replies(b"EVALSHA", 2),
            "lose three": lambda: proxy.lose_replies(b"EVALSHA", 3),
        }

    def strike_when_accepted(self, by: str, strike: Callable[[], None]) -> None:
        """Strike when Slack or the mail server has the next message and has not replied yet."""
        arrivals: Arrivals[Any] = self._arrivals[by]

        def add(item: object) -> None:
            self._forget_strikes()
            arrivals.add(item)
            strike()

        vars(arrivals)["add"] = add

    def _forget_strikes(self) -> None:
        for arrivals in self._arrivals.values():
            vars(arrivals).pop("add", None)

    def _for_a_moment(self, fault: Callable[[], None]) -> None:
        self._inject(fault, timedelta())

    def _past_the_lease(self, fault: Callable[[], None]) -> None:
        """Inject a fault until the worker's leases have expired."""
        self._inject(fault, _LEASE_OVER)

    def _inject(self, fault: Callable[[], None], duration: timedelta) -> None:
        async def repair() -> None:
            await asyncio.sleep(A_MOMENT)
            await self.time.advance(duration, self.redis)
            self.proxy.clear_faults()

        fault()
        # In a context of its own: this is called within the worker's life.
        self._repair = Context().run(asyncio.create_task, repair())

    async def wait(self, duration: timedelta) -> None:
        await self.time.advance(duration, self.redis)

    async def retry(self, subject_id: str | None) -> None:
        if subject_id is None:
            await requeue_all(self.store, self.time.now())
        else:
            await requeue(self.store, subject_id, self.time.now())

    async def end_faults(self) -> None:
        self._forget_strikes()
        self.proxy.clear_faults()
        self.slack.clear_faults()
        self.inbox.clear_faults()

    async def wake_all(self) -> None:
        """Thaw the frozen workers, for which no time has passed although their leases expired long ago."""
        while self.frozen:
            await self.wake(self.frozen[0])

    async def drain(self) -> None:
        """Let time pass until no job is left: until the next one is due, or a dead worker's lease over."""
        for _ in range(_MOST_POLLS):
            first = [
                found
                for key in (QUEUE, RUNNING)
                for found in await self.redis.zrange(key, 0, 0, withscores=True)
            ]
            if not first:
                return
            ahead = min(score for _, score in first) / 1000 - self.time.timestamp()
            await self.wait(timedelta(seconds=max(ahead, 0)))
            await self.work()
        raise AssertionError(f"the queue never becomes empty: {first}")
