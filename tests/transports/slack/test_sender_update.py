"""A message that was sent can be edited."""

import pytest

from bot.delivery.sender import CanUpdate
from bot.errors import DeliveryError
from bot.fakes.faults import HttpFault
from bot.fakes.slack.api import LocalSlack
from bot.transports.email.sender import EmailSender
from bot.transports.slack.message import SlackMessage
from bot.transports.slack.sender import SlackSender
from tests.transports.conftest import MakeMessage
from tests.transports.slack.conftest import OURS, check_lease

TEXT = {"type": "section", "text": {"type": "plain_text", "text": "Sent after retry"}}
EDITED = SlackMessage("Sent after retry", (TEXT,))


async def test_the_content_is_replaced_and_nothing_is_posted(
    slack_api: LocalSlack, sender: SlackSender, make_message: MakeMessage
) -> None:
    receipt = await sender.send(make_message("U0RECRUITER"), check_lease)
    for _ in range(2):
        await sender.update(receipt, EDITED)
    [edited] = slack_api.workspace.conversations["D0RECRUITER"].posts
    assert (edited.text, edited.blocks, edited.metadata) == ("Sent after retry", [TEXT], OURS)
    assert len(slack_api.posts) == 1


@pytest.mark.parametrize(
    ("fault", "retry"),
    [
        (HttpFault.error("message_not_found"), False),
        (HttpFault.status(503), True),
        (HttpFault.rate_limited(7), True),
        (HttpFault.dropped(), True),
    ],
    ids=["deleted", "an error page", "rate limited", "a lost connection"],
)
async def test_a_failure_says_whether_to_try_again(
    slack_api: LocalSlack, sender: SlackSender, fault: HttpFault, *, retry: bool
) -> None:
    slack_api.plan_faults("chat.update", [fault])
    with pytest.raises(DeliveryError) as raised:
        await sender.update("C0RECRUIT/1.1", EDITED)
    assert raised.value.retry is retry


def test_a_mail_cannot_be_edited() -> None:
    assert issubclass(SlackSender, CanUpdate)
    assert not issubclass(EmailSender, CanUpdate)
