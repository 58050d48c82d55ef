"""The event that tells operators that an email address has unsubscribed. The bot itself accepts it."""

from bot.model.dead_letter import NOTICE_TEMPLATES

UNSUBSCRIBED = "juicebox-bot.unsubscribed"
"""Its type."""
UNSUBSCRIBED_TEMPLATE = "unsubscribed"
OPERATORS_ONLY = NOTICE_TEMPLATES | {UNSUBSCRIBED_TEMPLATE}
"""The templates of notifications that no subscription is for."""
