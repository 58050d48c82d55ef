"""Which delivery a message in Slack or a mail is: both carry its id."""

from email.utils import unquote

from bot.fakes.slack.workspace import Post
from bot.fakes.smtp import ReceivedMail


def delivery_of_post(post: Post) -> str:
    """The id that the message's metadata has; empty if it is no delivery."""
    payload = post.metadata["event_payload"] if post.metadata else {}
    return str(payload.get("delivery_id", ""))


def delivery_of_mail(mail: ReceivedMail) -> str:
    """The id that the Message-ID has."""
    return unquote(str(mail.message["Message-ID"])).partition("@")[0]
