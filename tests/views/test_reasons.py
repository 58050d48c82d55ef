"""Reasons in plain words: every one that the transports give, and nothing of what they quote."""

import re
from datetime import timedelta

import aiosmtplib
import pytest

from bot.model import Transport
from bot.transports.email.errors import as_delivery_error
from bot.transports.slack.errors import _PERMANENT, permanent_error
from bot.views.reasons import plain_reason, plain_skip


@pytest.mark.parametrize("code", _PERMANENT)
def test_every_refusal_of_slack_has_plain_words(code: str) -> None:
    plain = plain_reason(permanent_error(code, "C0RECRUIT").reason)
    assert plain != "Slack did not take it"
    assert not re.search(r"_|token|scope|C0RECRUIT|SLACK", plain)


@pytest.mark.parametrize(
    ("reason", "plain"),
    [
        ("some_new_error: Slack refuses the call", "Slack did not take it"),
        ("Slack asks to wait 30 s", "too much was sent at once"),
        ("Slack cannot be reached (ClientConnectorError)", "Slack could not be reached"),
        ("unexpected ValueError", "Slack did not take it"),
        ("", "Slack did not take it"),
    ],
)
def test_other_reasons_of_slack(reason: str, plain: str) -> None:
    assert plain_reason(reason) == plain


@pytest.mark.parametrize(
    ("error", "plain"),
    [
        (aiosmtplib.SMTPResponseException(550, "no box"), "the mail server refused it"),
        (
            aiosmtplib.SMTPResponseException(451, "try later"),
            "the mail server could not take it at that time",
        ),
        (TimeoutError(), "no mail could be sent"),
        (ConnectionResetError(), "no mail could be sent"),
    ],
)
def test_refusals_of_the_mail_server(error: Exception, plain: str) -> None:
    made = as_delivery_error(error, maybe_delivered=False, wait=timedelta())  # type: ignore[arg-type]
    assert plain_reason(made.reason, Transport.EMAIL) == plain


@pytest.mark.parametrize(
    ("reason", "plain"),
    [
        ("nobody has subscribed to it", "nobody gets it"),
        ("email is not configured any more", "this way to send messages was turned off"),
        ("forgotten on request while it was being sent", "it was forgotten on request"),
        ("resolved: the delivery is sent by now", "it was not true any more"),
        ("its handler does not ask for it any more", "there is nothing to say about it any more"),
        ("<!channel>", "it was not needed"),
    ],
)
def test_reasons_of_what_was_skipped(reason: str, plain: str) -> None:
    assert plain_skip(reason) == plain
