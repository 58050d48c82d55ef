"""Trigger ids, each of which an app may exchange once, within three seconds, for a modal.

https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses
"""

from collections.abc import Callable
from uuid import uuid4

from bot.fakes.slack.arguments import SlackError

_LIFETIME = 3.0


class Triggers:
    """Creates and exchanges trigger ids; `clock` returns seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._created: dict[str, tuple[str, float]] = {}
        self._exchanged: set[str] = set()

    def create(self, user: str) -> str:
        """Return an id that opens a modal for the user who caused it."""
        created = self._clock()
        trigger = f"{round(created * 1_000)}.{len(self._created) + 1}.{uuid4().hex}"
        self._created[trigger] = (user, created)
        return trigger

    def exchange(self, trigger: str) -> str:
        """Return the user who caused the trigger.

        Raises:
            SlackError: if the id is unknown, used or too old.
        """
        if trigger not in self._created:
            raise SlackError("invalid_trigger_id")
        if trigger in self._exchanged:
            raise SlackError("exchanged_trigger_id")
        user, created = self._created[trigger]
        if self._clock() - created > _LIFETIME:
            raise SlackError("expired_trigger_id")
        self._exchanged.add(trigger)
        return user
