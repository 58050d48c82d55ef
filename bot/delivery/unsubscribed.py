"""What operators are told when an email address has unsubscribed, which may be a list's."""

from bot.model import Audience, Event, Intent, Notify, Payload, Policy, handles
from bot.model.unsubscribed import UNSUBSCRIBED, UNSUBSCRIBED_TEMPLATE


class _Data(Payload):
    address: str


@handles(UNSUBSCRIBED, data=_Data, sample={"address": "team@example.com"})
def unsubscribed(event: Event, data: _Data, _: Policy) -> list[Intent]:
    context = {"address": data.address}
    thread = f"unsubscribed:{event.id}"
    return [Notify(Audience.OPERATORS, UNSUBSCRIBED_TEMPLATE, context, thread=thread)]
