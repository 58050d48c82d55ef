"""What whoever looks at the page may ask for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from redis.exceptions import RedisError

from bot.clock import utc_now
from bot.delivery.requeue import requeue
from bot.errors import BotError
from bot.fakes.slack.person import Person
from bot.playground.bodies import Bodies, renewed
from bot.playground.juicebox import Juicebox
from bot.playground.weather import Weather
from bot.store import Store

_BURST = 50
_LONGEST_BODY = 1_000_000
_LABELS = {"hostile": "Hostile payload", "unknown": "Unknown type"}


class Refused(BotError):
    """What was asked for is not to be had; the text says why."""


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Send(Asked):
    """A sample by its name, or a body as it was typed."""

    what: str | None = None
    body: Annotated[str, Field(max_length=_LONGEST_BODY)] | None = None
    fresh: bool = True

    @model_validator(mode="after")
    def _one_of_them(self) -> "Send":
        if (self.what is None) == (self.body is None):
            raise ValueError("give either what or body")
        return self


class Say(Asked):
    channel: str
    text: Annotated[str, Field(min_length=1, max_length=4_000)]


class Press(Asked):
    channel: str
    ts: str | None = None
    block_id: str
    action_id: str
    value: str | None = None


class OpenHome(Asked):
    pass


class SimulatedFault(Asked):
    """`for`: how many calls it hits; null is all of them."""

    fault: str
    calls: Annotated[int | None, Field(alias="for", ge=1, le=100)] = None


class Change(Asked):
    slack: SimulatedFault | None = None
    smtp: SimulatedFault | None = None
    worker: Literal["running", "stopped", "killed"] | None = None
    redis: Literal["running", "stopped"] | None = None


class Retry(Asked):
    id: str


@dataclass(frozen=True, slots=True)
class Control:
    """One method for each door.

    Raises:
        BotError: with a sentence for whoever asked.
    """

    bodies: Bodies
    juicebox: Juicebox
    person: Person
    weather: Weather
    store: Store

    async def send(self, asked: Send) -> Mapping[str, int]:
        if asked.body is not None:
            body = renewed(asked.body, utc_now()) if asked.fresh else asked.body.encode()
            return {"n": self.juicebox.send(body, "From the editor")}
        return {"n": self._send_sample(asked.what or "")}

    async def say(self, asked: Say) -> None:
        await self.person.say(asked.channel, asked.text)

    async def press(self, asked: Press) -> None:
        await self.person.press(
            asked.channel, asked.ts, asked.block_id, asked.action_id, asked.value
        )

    async def open_home(self, _: OpenHome) -> None:
        await self.person.open_home()

    async def change(self, asked: Change) -> None:
        """Change the weather; what is to be stopped or started has been when this returns."""
        weather = self.weather
        try:
            if asked.slack is not None:
                weather.slack.bring(asked.slack.fault, asked.slack.calls)
            if asked.smtp is not None:
                weather.smtp.bring(asked.smtp.fault, asked.smtp.calls)
        finally:
            weather.tell()
        await weather.turn(worker=asked.worker, redis=asked.redis)

    async def retry(self, asked: Retry) -> Mapping[str, Sequence[str]]:
        try:
            said = await requeue(self.store, asked.id, utc_now())
        except (RedisError, OSError) as error:
            raise Refused("Redis is away: start it again first") from error
        if not said:
            raise Refused(f"there is no event or delivery {asked.id}")
        return {"said": said}

    def _send_sample(self, what: str) -> int:
        now = utc_now()
        match what:
            case "duplicate":
                return self.juicebox.send_again()
            case "burst":
                types = self.bodies.types
                bodies = [self.bodies.body(types[i % len(types)], now) for i in range(_BURST)]
                return self.juicebox.burst(bodies, f"Burst of {_BURST}")
            case "bad_signature":
                body = self.bodies.body(self.bodies.types[0], now)
                return self.juicebox.send(body, "Bad signature", genuine=False)
        try:
            body = self.bodies.body(what, now)
        except KeyError:
            raise Refused(f"there is no sample {what!r}") from None
        return self.juicebox.send(body, _LABELS.get(what, what))
