"""The page's API: what it can ask the playground to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from redis.exceptions import RedisError

from bot.clock import utc_now
from bot.delivery.requeue import requeue
from bot.errors import BotError
from bot.fakes.slack.person import Person
from bot.playground.failures import FailureControls
from bot.playground.juicebox import Juicebox
from bot.playground.payloads import SamplePayloads, with_new_id
from bot.store import Store

_BURST_SIZE = 50
_MAX_BODY_LENGTH = 1_000_000
_LABELS = {"hostile": "Hostile payload", "unknown": "Unknown type"}


class RequestRefused(BotError):
    """The request cannot be fulfilled; the message says why."""


class ApiRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SendEvent(ApiRequest):
    """Either the name of a sample, or a body as it was typed."""

    what: str | None = None
    body: Annotated[str, Field(max_length=_MAX_BODY_LENGTH)] | None = None
    fresh: bool = True

    @model_validator(mode="after")
    def _exactly_one(self) -> "SendEvent":
        if (self.what is None) == (self.body is None):
            raise ValueError("give either what or body")
        return self


class SayInSlack(ApiRequest):
    channel: str
    text: Annotated[str, Field(min_length=1, max_length=4_000)]


class PressInSlack(ApiRequest):
    channel: str
    ts: str | None = None
    block_id: str
    action_id: str
    value: str | list[str] | None = None


class OpenHome(ApiRequest):
    pass


class SubmitModal(ApiRequest):
    """What was filled in, by the ids of blocks and elements."""

    values: dict[str, dict[str, str | list[str] | None]]


class CloseModal(ApiRequest):
    pass


class SimulatedFault(ApiRequest):
    """`for` is the number of calls that fail; null means all of them."""

    fault: str
    calls: Annotated[int | None, Field(alias="for", ge=1, le=100)] = None


class SimulateFailures(ApiRequest):
    slack: SimulatedFault | None = None
    smtp: SimulatedFault | None = None
    worker: Literal["running", "stopped", "killed"] | None = None
    redis: Literal["running", "stopped"] | None = None


class Retry(ApiRequest):
    id: str


@dataclass(frozen=True, slots=True)
class PlaygroundApi:
    """One method per endpoint.

    Raises:
        BotError: with a sentence to show on the page.
    """

    samples: SamplePayloads
    juicebox: Juicebox
    person: Person
    failures: FailureControls
    store: Store

    async def send(self, request: SendEvent) -> Mapping[str, int]:
        if request.body is not None:
            body = with_new_id(request.body, utc_now()) if request.fresh else request.body.encode()
            return {"n": self.juicebox.send(body, "From the editor")}
        return {"n": self._send_sample(request.what or "")}

    async def say(self, request: SayInSlack) -> None:
        await self.person.say(request.channel, request.text)

    async def press(self, request: PressInSlack) -> None:
        await self.person.press(
            request.channel, request.ts, request.block_id, request.action_id, request.value
        )

    async def open_home(self, _: OpenHome) -> None:
        await self.person.open_home()

    async def submit_modal(self, request: SubmitModal) -> None:
        await self.person.submit(request.values)

    async def close_modal(self, _: CloseModal) -> None:
        self.person.close_modal()

    async def simulate(self, request: SimulateFailures) -> None:
        """Change the simulated failures; return once processes have started or stopped."""
        failures = self.failures
        try:
            if request.slack is not None:
                failures.slack.select(request.slack.fault, request.slack.calls)
            if request.smtp is not None:
                failures.smtp.select(request.smtp.fault, request.smtp.calls)
        finally:
            failures.publish()
        await failures.set_processes(worker=request.worker, redis=request.redis)

    async def retry(self, request: Retry) -> Mapping[str, Sequence[str]]:
        try:
            lines = await requeue(self.store, request.id, utc_now())
        except (RedisError, OSError) as error:
            raise RequestRefused("Redis is stopped: start it first") from error
        if not lines:
            raise RequestRefused(f"there is no event or delivery {request.id}")
        return {"lines": lines}

    def _send_sample(self, what: str) -> int:
        now = utc_now()
        match what:
            case "duplicate":
                return self.juicebox.send_again()
            case "burst":
                types = self.samples.types
                bodies = [self.samples.body(types[i % len(types)], now) for i in range(_BURST_SIZE)]
                return self.juicebox.send_burst(bodies, f"Burst of {_BURST_SIZE}")
            case "bad_signature":
                body = self.samples.body(self.samples.types[0], now)
                return self.juicebox.send(body, "Bad signature", valid_signature=False)
        try:
            body = self.samples.body(what, now)
        except KeyError:
            raise RequestRefused(f"there is no sample {what!r}") from None
        return self.juicebox.send(body, _LABELS.get(what, what))
