"""The checklist that the Home tab begins with until the bot is set up."""

from collections.abc import Sequence

from bot.model import Audience, DeliveryState, Destination, Transport
from bot.slack_app.context import AppContext
from bot.store.stored_event import StoredEvent
from bot.transports.slack.ids import is_channel
from bot.views.home import Checklist


async def check_setup(context: AppContext, newest: Sequence[StoredEvent]) -> Checklist:
    """Return what is known about the set-up; Slack is asked only where the events do not tell."""
    channel = next(
        (
            to
            for to in context.audiences.get(Audience.RECRUITERS, ())
            if to.transport is Transport.SLACK and is_channel(to.address)
        ),
        None,
    )
    in_channel = None
    if channel:
        in_channel = _was_sent_to(channel, newest) or await _is_in(context, channel)
    return Checklist(
        has_event=any(not stored.event.test for stored in newest),
        has_scopes=not context.people.lacks_scope,
        channel=channel,
        in_channel=in_channel,
    )


async def _is_in(context: AppContext, channel: Destination) -> bool | None:
    """Return whether the bot is in the channel; None if Slack does not say."""
    found = await context.channels.get(channel.address)
    return found.is_member if found else None


def _was_sent_to(channel: Destination, newest: Sequence[StoredEvent]) -> bool:
    """Return whether the latest delivery to the channel that has ended was sent."""
    ended = (
        delivery.state is DeliveryState.SENT
        for stored in newest
        for delivery in stored.deliveries
        if delivery.destination == channel
        and delivery.state in {DeliveryState.SENT, DeliveryState.FAILED}
    )
    return next(ended, False)
