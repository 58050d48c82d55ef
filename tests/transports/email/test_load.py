"""Refusals because of load are rate limits, which use no attempt."""

from datetime import timedelta

import aiosmtplib
import pytest

from bot.errors import DeliveryError
from bot.transports.email.errors import as_delivery_error
from tests.scripted_smtp import scripted_smtp
from tests.transports.conftest import OutgoingMail
from tests.transports.email.conftest import MakeSender, failure

WAIT = timedelta(seconds=30)


def decided(code: int, message: str) -> DeliveryError:
    refusal = aiosmtplib.SMTPResponseException(code, message)
    return as_delivery_error(refusal, maybe_delivered=False, wait=WAIT)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (421, "going down"),
        (421, "4.7.0 mx.example.com Error: too many connections from 203.0.113.7"),
        (421, "4.3.2 Service not active"),
        (421, "Too many concurrent SMTP connections; please try again later."),
        (432, "4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded"),
        (432, "4.3.2 Concurrent connections limit exceeded"),
        (450, "4.2.1 The user you are trying to contact is receiving mail at a rate that"),
        (450, "4.7.28 unusual rate"),
        (451, "4.7.500 Server busy. Please try again later from [203.0.113.7]."),
        (451, "4.7.650 The mail server [203.0.113.7] has been temporarily rate limited"),
        (451, "4.3.2 Please try again later"),
        (451, "4.4.5 Mail system congestion"),
        (452, "4.3.1 Insufficient system resources"),
        (452, "4.5.3 Too many recipients"),
        (454, "4.7.0 Too many login attempts, please try again later."),
        (454, "Throttling failure: Maximum sending rate exceeded."),
    ],
)
def test_a_refusal_because_of_load_is_a_rate_limit(code: int, message: str) -> None:
    error = decided(code, message)
    assert (error.retry, error.uses_attempt, error.maybe_delivered, error.after) == (
        True,
        False,
        False,
        WAIT,
    )
    assert error.reason.startswith(f"SMTP {code}")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (432, "4.7.12 A password transition is needed"),
        (450, "4.2.0 <r@example.org>: Recipient address rejected: Greylisted"),
        (450, "4.7.1 Greylisting in action, please come back later"),
        (450, "greylisted"),
        (450, "4.2.10 something else"),
        (451, "4.7.1 Greylisting in action, please come back in 00:05:00"),
        (451, "greylisted, try again in 300 seconds"),
        (451, "4.3.0 Temporary system problem"),
        (451, "4.3.5 Server configuration error"),
        (452, "4.2.2 Mailbox full"),
        (452, "disk full"),
        (454, "4.7.8 Temporary authentication failure"),
        (454, "TLS not available due to temporary reason"),
    ],
)
def test_any_other_temporary_refusal_uses_an_attempt(code: int, message: str) -> None:
    error = decided(code, message)
    assert (error.retry, error.uses_attempt) == (True, True)


@pytest.mark.parametrize("code", [550, 552, 554])
def test_a_permanent_refusal_is_not_a_rate_limit_whatever_its_text(code: int) -> None:
    assert decided(code, "5.7.1 too many connections, throttling").retry is False


@pytest.mark.parametrize(
    "replies",
    [
        pytest.param(["421 4.7.0 too many connections"], id="at the greeting"),
        pytest.param(["220 hi", "421 4.3.2 busy"], id="at EHLO"),
        pytest.param(["220 hi", "250 hello", "432 4.3.2 busy"], id="at MAIL"),
        pytest.param(["220 hi", "250 hello", "250 ok", "452 4.5.3 many"], id="at RCPT"),
        pytest.param(
            ["220 hi", "250 hello", "250 ok", "250 ok", "354 go on", "451 4.3.2 busy"],
            id="after the mail",
        ),
    ],
)
async def test_a_refusal_because_of_load_is_recognized_in_every_phase(
    message: OutgoingMail, sender_to: MakeSender, replies: list[str]
) -> None:
    async with scripted_smtp(replies) as server:
        sender = sender_to(f"smtp://127.0.0.1:{server.port}")
        error = await failure(sender, message)
    assert (error.uses_attempt, error.maybe_delivered, error.after) == (False, False, WAIT)
