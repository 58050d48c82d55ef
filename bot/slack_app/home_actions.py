"""What happens when somebody presses, chooses or submits something in the Home tab."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from bot.slack_app.context import Answer, AppContext
from bot.slack_app.home import HomeTab, person_of
from bot.slack_app.home_changes import CHANGES, Change, subscribe
from bot.slack_app.interactions import Element, Interaction, Submission, parse
from bot.slack_app.modals import details_view, open_modal, read_wanted, subscribe_view
from bot.slack_app.my_choices import Said, Wanted
from bot.slack_app.permissions import refusal
from bot.slack_app.status import event_status

_ADD, _DETAILS = "home_subscribe", "home_details"
_NO_STORE = "I can't reach my memory (Redis) right now. Please try again in a minute."


@dataclass(frozen=True, slots=True)
class HomeActions:
    """Carries out what is pressed in the Home tab, and publishes it again.

    `in_time` limits reading and changing, and `timeout` the call that opens a modal.
    """

    context: AppContext
    home: HomeTab
    in_time: Callable[[Awaitable[Answer]], Awaitable[Answer]]
    timeout: timedelta

    async def pressed(self, payload: Mapping[str, Any]) -> None:
        """Carry out what was pressed; an element of an older version of the tab only refreshes it.

        Raises:
            InvalidEnvelope: if the interaction is not in the format that Slack documents.
        """
        interaction = parse(Interaction, payload)
        user, pressed = interaction.user, interaction.actions[0]
        if pressed.action_id == _ADD:
            view = subscribe_view(self.context, await person_of(self.context, user))
        elif pressed.action_id == _DETAILS:
            details = await self.in_time(self._details(user, pressed.given))
            view = details_view(details.message)
        else:
            change = CHANGES.get(pressed.action_id)
            work = partial(self._carry_out, change, user, pressed) if change else None
            await self.home.publish(user, work)
            return
        await open_modal(self.context, interaction.trigger_id, view, self.timeout)

    async def submitted(self, payload: Mapping[str, Any]) -> Mapping[str, str]:
        """Add the subscription that was asked for; return what is wrong with it by the names of fields.

        Raises:
            InvalidEnvelope: if the submission is not in the format that Slack documents.
        """
        submission = parse(Submission, payload)
        person = await person_of(self.context, submission.user)
        wanted = read_wanted(self.context, submission, person)
        if not isinstance(wanted, Wanted):
            return wanted
        stored: list[Said] = []

        async def store() -> Said:
            stored.append(await subscribe(self.context, submission.user, person, wanted))
            return stored[0]

        await self.home.publish(submission.user, store)
        return {} if stored else {"types": _NO_STORE}

    async def _carry_out(self, change: Change, user: str, pressed: Element) -> Said:
        return await change(self.context, user, await person_of(self.context, user), pressed)

    async def _details(self, user: str, event_id: str) -> Answer:
        """Return the event step by step; to those who may not act for the operators, why not."""
        refused = await refusal(self.context, user)
        if refused:
            return Answer(self.context.screen("not_understood", text=refused))
        return Answer(await event_status(self.context, event_id))
