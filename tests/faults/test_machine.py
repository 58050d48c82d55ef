"""A state machine injects faults in random orders, and checks that the promise of delivery holds."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.fakes.faults import HttpFault, SmtpFault
from bot.fakes.redis_server import RedisServer
from bot.model import Destination
from bot.model.schedule import QuietHours
from bot.model.subscription import Mute, Place, Subscription
from tests.app import MakeSettings, signed
from tests.factories import MAIL, SLACK
from tests.faults.machine_life import task_factory
from tests.faults.machine_model import DATA, PERSON, Promise
from tests.faults.machine_world import World

SLACK_FAULTS = {
    "429": HttpFault.rate_limited(7),
    "500": HttpFault.status(500),
    "lost reply": HttpFault.lost_reply(),
    "dropped": HttpFault.dropped(),
    "garbage": HttpFault.garbage("{"),
    "permanent": HttpFault.error("channel_not_found"),
    "internal": HttpFault.error("internal_error"),
}
MAIL_FAULTS = {
    "lost reply": ("DATA", SmtpFault.lost_reply()),
    "dropped": ("DATA", SmtpFault.dropped()),
    "refused": ("RCPT", SmtpFault.reply_with(550)),
    "later": ("RCPT", SmtpFault.reply_with(451)),
    "goodbye": ("MAIL", SmtpFault.reply_with(421)),
    "too late": ("DATA", SmtpFault.reply_with(554)),
}
KINDS = st.sampled_from(["search"] * 4 + [*DATA])
MOMENTS = st.integers(1, 110) | st.sampled_from(["slack", "mail"])
"""A step of the worker, of which a job that sends takes about 95; or when Slack or the mail server has
the message. If that is not reached, the strike happens in a later poll."""
CHOICES: dict[str, Callable[[datetime], Place]] = {
    "nothing": lambda _: Place(),
    "everything": lambda now: Place(subscriptions=(Subscription(("*",), PERSON.address, now),)),
    "quiet": lambda now: Place(quiet=QuietHours(now.time(), (now + timedelta(hours=8)).time())),
    "muted": lambda now: Place(mutes=(Mute(now, now + timedelta(hours=2), PERSON.address),)),
    "no exports": lambda _: Place(unsubscribed=("export.*",)),
}
STRIKES = [
    *("freeze", "freeze", "kill", "kill", "cut", "cut for long", "stall", "stall for long"),
    *("lose a reply", "lose two", "lose three"),
]


class Machine(RuleBasedStateMachine):
    """One event loop, one Redis and one virtual time for each example."""

    server: RedisServer
    make_settings: MakeSettings

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._runner.get_loop().set_task_factory(task_factory)
        self.world = World(self.server, self.make_settings)
        self._do(self.world.__aenter__())
        self.promise = Promise(self.world)

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(work)

    def _send(self, event_id: str, times: int = 1) -> None:
        offer, world = self.promise.offers[event_id], self.world
        fresh = world.time.now() - offer.event.timestamp <= world.store.retention
        known = offer.accepted_at is not None and fresh
        posts = [world.post(offer.body, signed(offer.body)) for _ in range(times)]

        async def all_at_once() -> list[httpx.Response]:
            before = await world.everything_kept()
            answers = await asyncio.gather(*posts)
            assert not known or await world.everything_kept() == before, "a duplicate left a trace"
            return answers

        for answer in self._do(all_at_once()):
            assert answer.status_code in ({200, 503} if fresh else {400})
            if answer.status_code == 200:
                offer.accepted_at = offer.accepted_at or world.time.true

    @rule(kinds=st.lists(KINDS, min_size=1, max_size=3), times=st.sampled_from([1, 1, 2]))
    def deliver(self, kinds: list[str], times: int) -> None:
        for kind in kinds:
            self._send(self.promise.offer(kind).event.id, times)

    @precondition(lambda self: self.promise.offers)
    @rule(data=st.data())
    def duplicate(self, data: st.DataObject) -> None:
        self._send(data.draw(st.sampled_from([*self.promise.offers])))

    @precondition(lambda self: self.promise.offers)
    @rule(data=st.data(), bit=st.integers(0, 10_000))
    def tamper(self, data: st.DataObject, bit: int) -> None:
        """One flipped bit in a genuine body: refused, and Redis is unchanged."""
        body = bytearray(
            self.promise.offers[data.draw(st.sampled_from([*self.promise.offers]))].body
        )
        headers = signed(bytes(body))
        body[bit // 8 % len(body)] ^= 1 << bit % 8
        self._is_refused(401, bytes(body), headers)

    @rule(body=st.sampled_from([b"", b"{}", b"[]", b'{"id": "evt_0"}', b"\xff"]))
    def send_invalid_events(self, body: bytes) -> None:
        """Signed, but not an event."""
        self._is_refused(400, body, signed(body))

    def _is_refused(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        world = self.world

        async def post() -> None:
            before = await world.everything_kept()
            assert (await world.post(body, headers)).status_code == status
            assert await world.everything_kept() == before

        self._do(post())

    @rule(
        kind=KINDS,
        moment=MOMENTS,
        what=st.sampled_from(STRIKES),
        slack=st.sampled_from(["", *SLACK_FAULTS]),
    )
    def strike(self, kind: str, moment: int | str, what: str, slack: str) -> None:
        """A fault happens while the worker handles an event."""
        world = self.world
        if slack:
            world.slack.plan_faults("chat.postMessage", [SLACK_FAULTS[slack]])
        self._send(self.promise.offer(kind).event.id)
        self.promise.excuses += 10
        happens = world.strikes()[what]
        if isinstance(moment, int):
            world.worker.life.strike_after(moment, happens)
        else:
            world.strike_when_accepted(moment, happens)
        self._do(world.work())
        if what == "kill" and world.frozen:
            world.kill(world.frozen[-1])

    @rule(kind=KINDS, times=st.integers(1, 3))
    def deliver_while_replies_are_lost(self, kind: str, times: int) -> None:
        self.world.proxy.lose_replies(b"EVALSHA", times)
        self._send(self.promise.offer(kind).event.id)
        self.world.proxy.clear_faults()

    @rule(
        method=st.sampled_from(["chat.postMessage", "chat.postMessage", "conversations.history"]),
        faults=st.lists(st.sampled_from([*SLACK_FAULTS]), min_size=1, max_size=3),
    )
    def slack_fails(self, method: str, faults: list[str]) -> None:
        self.world.slack.plan_faults(method, [SLACK_FAULTS[name] for name in faults])

    @rule(faults=st.lists(st.sampled_from([*MAIL_FAULTS]), min_size=1, max_size=3))
    def mail_fails(self, faults: list[str]) -> None:
        for name in faults:
            command, fault = MAIL_FAULTS[name]
            self.promise.excuses += fault.kept
            self.world.inbox.plan_faults(command, [fault])

    @rule(seconds=st.sampled_from([0, 1, 2, 8, 16, 300, 3_600, 43_200]), wake=st.booleans())
    def work(self, seconds: int, wake: bool) -> None:
        """Time passes, a frozen worker may continue as if none had, and due jobs run."""
        self._do(self.world.wait(timedelta(seconds=seconds)))
        if wake and self.world.frozen:
            self._do(self.world.wake(self.world.frozen[0]))
        self._do(self.world.work())

    @rule(to=st.sampled_from([SLACK, MAIL, PERSON]), choice=st.sampled_from([*CHOICES]))
    def choose(self, to: Destination, choice: str) -> None:
        """Somebody changes what a place gets, and when."""
        self._do(self.promise.choose(to, CHOICES[choice](self.world.time.now())))

    @rule(hours=st.sampled_from([-1, 0, 0, 1]))
    def clocks_are_wrong(self, hours: int) -> None:
        """The clocks of the bot's machines differ from Slack's by this much."""
        self.world.time.wrong_by = timedelta(hours=hours)

    @precondition(lambda self: self.promise.offers)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        subject = data.draw(st.sampled_from([None, *self.promise.offers]))
        self._do(self.world.retry(subject))

    def _settle(self) -> None:
        self._do(self.world.end_faults())
        self._do(self.world.drain())
        self._do(self.world.wake_all())
        self._do(self.world.drain())
        self._do(self.promise.check())

    @rule(days=st.sampled_from([1, 7, 32]))
    def days_pass(self, days: int) -> None:
        """Everything is handled and finally expires; an event that is sent again is still refused."""
        self._settle()
        self._do(self.world.wait(timedelta(days=days)))

    @invariant()
    def the_promise_holds_so_far(self) -> None:
        self._do(self.promise.check_always())

    def teardown(self) -> None:
        try:
            self._settle()
            self._do(self.world.retry(None))
            self._do(self.world.drain())
            self._do(self.promise.check_all_arrived())
        finally:
            self._do(self.world.__aexit__())
            self._runner.close()


def test_no_order_of_faults_breaks_the_promise(
    redis_process: RedisServer, make_settings: MakeSettings, whole: bool
) -> None:
    Machine.server, Machine.make_settings = redis_process, staticmethod(make_settings)
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=500 if whole else 30,
            stateful_step_count=30 if whole else 15,
            derandomize=not whole,
            print_blob=True,
            deadline=None,
            suppress_health_check=[*HealthCheck],
        ),
    )
