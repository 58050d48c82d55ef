"""Why a message was not sent, in words for people who run no servers."""

import re

from bot.model import Transport

_DEFAULT = {
    Transport.SLACK: "Slack did not take it",
    Transport.EMAIL: "the mail server did not take it",
}
_PLAIN = (
    (r"not_in_channel\b", "I am not in that channel: `/invite @Juicebox` lets me in"),
    (r"channel_not_found\b", "I can't see that channel: `/invite @Juicebox` lets me in"),
    (r"is_archived\b", "that channel is archived"),
    (r"(restricted_action|ekm_access_denied|accesslimited)", "I am not allowed to post there"),
    (r"(user_not_found|user_disabled)\b", "that person is not in this workspace any more"),
    (r"cannot_dm_bot\b", "it would go to a bot, and bots read no messages"),
    (r"messages_tab_disabled\b", "direct messages with me are turned off"),
    (r"(missing_scope|not_allowed_token_type)\b", "I have not been given the permission"),
    (r"(not_authed|invalid_auth|token_|account_inactive)", "Slack does not know me any more"),
    (r"(invalid_blocks|no_text|msg_too_long|msg_blocks_too_long)", "Slack did not accept its text"),
    (r"Slack (cannot be reached|did not answer)", "Slack could not be reached"),
    (r"the connection to Slack broke", "Slack could not be reached"),
    (r"(Slack asks to wait|waiting behind the rate limit)", "too much was sent at once"),
    (r"SMTP 5\d\d", "the mail server refused it"),
    (r"SMTP 4\d\d", "the mail server could not take it at that time"),
    (r"(the|no TLS with the) mail server|the connection to the mail", "no mail could be sent"),
    (r"(template|its handler)\b", "I could not write it"),
    (r"every attempt was interrupted", "I was interrupted each time I tried"),
)
"""Beginnings of reasons, as the transports and the ledger write them."""
_SKIPPED = (
    (r"nobody has subscribed|everybody has unsubscribed|no destination is set", "nobody gets it"),
    (r"(slack|email) is not configured", "this way to send messages was turned off"),
    (r"forgotten on request", "it was forgotten on request"),
    (r"resolved: ", "it was not true any more"),
    (r"its handler does not ask", "there is nothing to say about it any more"),
)


def plain_reason(reason: str, transport: Transport = Transport.SLACK) -> str:
    """Return why a delivery failed or is retried, as a part of a sentence in mrkdwn.

    `reason` is the delivery's, of which nothing is repeated.
    """
    return _match(_PLAIN, reason) or _DEFAULT[transport]


def plain_skip(reason: str) -> str:
    """Return why a delivery was skipped, as a part of a sentence."""
    return _match(_SKIPPED, reason) or "it was not needed"


def _match(table: tuple[tuple[str, str], ...], reason: str) -> str:
    return next((plain for pattern, plain in table if re.match(pattern, reason)), "")
