"""Applies changes to events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic_core import to_json

from bot.errors import BotError, LeaseLost
from bot.model import milliseconds
from bot.store import keys
from bot.store.change import FIRST_KEY, Change
from bot.store.queue import JOB_KEY, JOB_KEYS, JobId
from bot.store.scripts import LuaScript, ScriptRunner
from bot.store.stored_event import StoredEvent, decode_event

_LEASE_LOST, _CONFLICT = 0, 2


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job: the token of its lease, and when the job was due, as Redis has it."""

    job: JobId
    token: str
    due_ms: float


@dataclass(frozen=True, slots=True)
class End:
    """How a run ends: the job is done, or runs again after `again_in`."""

    again_in: timedelta | None = None


DONE = End()


class ChangedMeanwhile(BotError):
    """Another process has changed the event; `stored` is the event as it is now, None if it is gone."""

    def __init__(self, stored: StoredEvent | None) -> None:
        super().__init__("the event was changed by another process")
        self.stored = stored


class Commits:
    """Applies changes, each in one atomic step that may be repeated, for example if its reply was lost."""

    def __init__(self, runner: ScriptRunner, retention: timedelta) -> None:
        self._runner = runner
        self._retention = retention
        self._script = LuaScript("commit")

    async def apply(
        self, change: Change, run: Run | None = None, end: End | None = None
    ) -> StoredEvent:
        """Apply the change, under the lease of the run, and end the run.

        Return the event with the changed fields; its trail is the one that was read.

        Raises:
            LeaseLost: if the run does not hold its lease any more.
            ChangedMeanwhile: if what is to be changed is not as it was read.
            CorruptRecord: if it is not as it was read, and not readable.
            redis.RedisError: if it is unknown whether the change was applied.
        """
        [changed] = await self.apply_all([change], run, end)
        return changed

    async def apply_all(
        self, changes: Sequence[Change], run: Run | None = None, end: End | None = None
    ) -> list[StoredEvent]:
        """Apply changes of several events in one step, as `apply` does."""
        names: list[str] = []
        argument: dict[str, Any] = {}
        event_ids: dict[int, str] = {}
        for change in changes:
            event_ids[FIRST_KEY + len(names)] = change.event_id
            for name, values in change.encode(names, self._retention).items():
                argument.setdefault(name, []).extend(values)
        outcome, found = await self._run(names, argument, run, end)
        if outcome == _CONFLICT:
            key, *fields = found
            row = dict(zip(fields[::2], fields[1::2], strict=True))
            raise ChangedMeanwhile(decode_event(event_ids[key], row) if row else None)
        return [change.applied() for change in changes]

    async def end(self, run: Run, end: End) -> None:
        """End the run without a change.

        Raises:
            LeaseLost: if the run does not hold its lease any more.
            redis.RedisError: if it is unknown whether it has ended.
        """
        await self._run([], {}, run, end)

    async def _run(
        self, names: list[str], argument: dict[str, Any], run: Run | None, end: End | None
    ) -> tuple[int, list[Any]]:
        if run:
            argument["job"] = {"id": str(run.job), "token": run.token}
        if run and end:
            argument["ends"] = _encode_end(run, end)
        given = {name: value for name, value in argument.items() if value}
        reply = await self._runner.run(
            self._script, [*JOB_KEYS, keys.DEAD, *names], [to_json(given)]
        )
        outcome, *fields = reply
        if outcome == _LEASE_LOST:
            raise LeaseLost("another worker has this job")
        return outcome, fields


def _encode_end(run: Run, end: End) -> dict[str, object]:
    text = str(run.job)
    ends: dict[str, object] = {"id": text, "key": JOB_KEY + text, "due": run.due_ms}
    if end.again_in is not None:
        ends["delay"] = milliseconds(end.again_in)
    return ends
