"""The settings that links to unsubscribe are made of."""

from pydantic import Field, HttpUrl

from bot.environment import Environment, Secret
from bot.unsubscribe.links import Tokens, UnsubscribeLinks

_LONGEST_URL = 400
"""The link is in a header, which cannot be folded and has at most 998 characters:
https://www.rfc-editor.org/rfc/rfc5322#section-2.1.1. A token has up to 382."""


class LinkSettings(Environment):
    """The bot's public address, and the secrets that sign webhooks and links."""

    juicebox_webhook_secret: Secret
    juicebox_webhook_secret_previous: Secret | None = None
    public_url: HttpUrl | None = Field(default=None, examples=["https://bot.example.com"])

    @property
    def webhook_secrets(self) -> tuple[bytes, ...]:
        """The accepted webhook secrets, the current one first."""
        secrets = (self.juicebox_webhook_secret, self.juicebox_webhook_secret_previous)
        return tuple(s.get_secret_value().encode() for s in secrets if s is not None)

    @property
    def unsubscribe_links(self) -> UnsubscribeLinks | None:
        """The links that emails have, or None without a public https address that is short enough."""
        url = self.public_url
        if url is None or url.scheme != "https" or url.query or url.fragment:
            return None
        base = str(url).rstrip("/")
        if len(base) > _LONGEST_URL:
            return None
        return UnsubscribeLinks(base, Tokens(self.webhook_secrets))
