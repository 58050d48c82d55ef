"""What happens when somebody presses, chooses or submits something in the Home tab."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from bot.slack_app.context import Answer, AppContext, Asker
from bot.slack_app.destinations import find_current
from bot.slack_app.event_screen import event_screen
from bot.slack_app.home import HomeTab
from bot.slack_app.interactions import Element, Interaction, Submission, parse
from bot.slack_app.modals import details_view, open_modal, read_wanted, subscribe_view
from bot.slack_app.my_choices import Said, Wanted
from bot.slack_app.own_places import sight_of
from bot.slack_app.permissions import refusal

_ADD, _DETAILS = "home_subscribe", "home_details"
_NO_STORE = "I can't reach my memory (Redis) right now. Please try again in a minute."


@dataclass(frozen=True, slots=True)
class HomeActions:
    """Carries out what is pressed in the Home tab, and publishes it again.

    `changes` are by the action id of the element that was pressed, and `subscribe` adds a subscription.
    `in_time` limits reading and changing, and `timeout` the call that opens a modal.
    """

    context: AppContext
    home: HomeTab
    in_time: Callable[[Awaitable[Answer]], Awaitable[Answer]]
    timeout: timedelta
    changes: Mapping[str, Callable[[AppContext, Asker, Element], Awaitable[Said]]]
    subscribe: Callable[[AppContext, Asker, Wanted], Awaitable[Said]]

    async def pressed(self, payload: Mapping[str, Any]) -> None:
        """Carry out what was pressed; an element of an older version of the tab only refreshes it.

        Raises:
            InvalidEnvelope: if the interaction is not in the format that Slack documents.
        """
        interaction = parse(Interaction, payload)
        user, pressed = interaction.user, interaction.actions[0]
        if pressed.action_id == _ADD:
            view = subscribe_view(self.context, await find_current(self.context, Asker(user, "")))
        elif pressed.action_id == _DETAILS:
            details = await self.in_time(self._details(user, pressed.given))
            view = details_view(details.message)
        else:
            change = self.changes.get(pressed.action_id)
            work = partial(change, self.context, Asker(user, ""), pressed) if change else None
            await self.home.publish(user, work)
            return
        await open_modal(self.context, interaction.trigger_id, view, self.timeout)

    async def submitted(self, payload: Mapping[str, Any]) -> Mapping[str, str]:
        """Add the subscription that was asked for; return what is wrong with it by the names of fields.

        Raises:
            InvalidEnvelope: if the submission is not in the format that Slack documents.
        """
        submission = parse(Submission, payload)
        asker = Asker(submission.user, "")
        own = await find_current(self.context, asker)
        wanted = read_wanted(self.context, submission, own)
        if not isinstance(wanted, Wanted):
            return wanted
        stored: list[Said] = []

        async def store() -> Said:
            stored.append(await self.subscribe(self.context, asker, wanted))
            return stored[0]

        await self.home.publish(submission.user, store)
        return {} if stored else {"types": _NO_STORE}

    async def _details(self, user: str, event_id: str) -> Answer:
        """Return the event as the user may see it; to those who may not act for the operators, why not."""
        refused = await refusal(self.context, user)
        if refused:
            return Answer(self.context.screen("not_understood", text=refused))
        sight = await sight_of(self.context, Asker(user, ""))
        return Answer(await event_screen(self.context, event_id, sight.reader))
