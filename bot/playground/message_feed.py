"""Publishes messages that reach Slack and emails that reach the inbox to the feed."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from redis.exceptions import RedisError

from bot.fakes.arrivals import Arrivals
from bot.fakes.slack.block_ids import with_block_ids
from bot.fakes.slack.modals import Modal
from bot.fakes.slack.workspace import BOT_USER, Home, Post
from bot.fakes.smtp import ReceivedMail
from bot.playground.cancellation import is_cancelled
from bot.playground.deployment import LocalDeployment
from bot.playground.feed import Feed
from bot.playground.mail_view import with_local_links
from bot.playground.watch import Watch

T = TypeVar("T")


class MessageFeed:
    """Follows what arrives; keeps the emails so that the page can open one by its number."""

    def __init__(self, deployment: LocalDeployment, feed: Feed, watch: Watch) -> None:
        self._inbox = deployment.inbox
        self._url = deployment.url
        self._workspace = deployment.slack.workspace
        self._events = deployment.store.events
        self._feed = feed
        self._watch = watch
        self.mails: list[ReceivedMail] = []
        for channel in self._workspace.channels():
            self._publish_channel(channel.id)

    def followers(self) -> Sequence[Coroutine[Any, Any, None]]:
        """Return coroutines that publish arrivals for as long as they run."""
        return [
            _follow(self._workspace.posts, self._post),
            _follow(self._workspace.edits, self._edit),
            _follow(self._workspace.ephemeral_messages, self._ephemeral),
            _follow(self._workspace.homes, self._home),
            _follow(self._workspace.modals.versions, self._modal),
            _follow(self._inbox.arrivals, self._mail),
        ]

    async def _post(self, post: Post) -> None:
        if post.delivery_id:
            self._watch.arrived(post.delivery_id, float(post.ts))
        self._publish_message(post, event_id=await self._event_of(post.delivery_id))

    async def _edit(self, post: Post) -> None:
        self._publish_message(post, event_id=await self._event_of(post.delivery_id))

    async def _ephemeral(self, post: Post) -> None:
        self._publish_message(post, event_id=None, ephemeral=True)

    async def _home(self, home: Home) -> None:
        self._feed.publish("home", "", blocks=with_block_ids(home.view["blocks"]))

    async def _modal(self, modal: Modal) -> None:
        view = modal.view
        self._feed.publish(
            "modal",
            "",
            id=modal.id,
            version=modal.hash,
            open=modal.is_open,
            title=view["title"],
            submit=view["submit"],
            close=view["close"],
            blocks=with_block_ids(view["blocks"]),
            errors=modal.errors,
        )

    def _publish_message(
        self, post: Post, *, event_id: str | None, ephemeral: bool = False
    ) -> None:
        self._publish_channel(post.channel)
        self._feed.publish(
            "message",
            f"{post.channel}/{post.ts}",
            channel=post.channel,
            ts=post.ts,
            user=post.user,
            name=self._workspace.people.get(post.user, post.user),
            bot=post.user == BOT_USER,
            text=post.text,
            blocks=with_block_ids(post.blocks),
            thread_ts=post.thread_ts,
            edited_at=post.edited_at * 1000 if post.edited_at else None,
            ephemeral=ephemeral,
            deleted=post.deleted,
            event_id=event_id,
        )

    def _publish_channel(self, channel_id: str) -> None:
        channel = self._workspace.conversations[channel_id]
        self._feed.publish(
            "channel",
            channel_id,
            id=channel_id,
            name=channel.name or self._workspace.people[BOT_USER],
            private=channel.is_private,
            direct=bool(channel.user),
        )

    async def _mail(self, mail: ReceivedMail) -> None:
        self._watch.arrived(mail.delivery_id, mail.arrived_at.timestamp())
        self.mails.append(mail)
        number, event_id = len(self.mails), await self._event_of(mail.delivery_id)
        self._feed.publish(
            "mail",
            str(number),
            n=number,
            at=mail.arrived_at.timestamp() * 1000,
            subject=str(mail.message["Subject"]),
            to=list(mail.recipients),
            headers=[[name, str(value)] for name, value in mail.message.items()],
            text=with_local_links(mail.text, self._url),
            size=len(mail.raw),
            message_id=str(mail.message["Message-ID"]),
            event_id=event_id,
            **{"from": str(mail.message["From"])},
        )

    async def _event_of(self, delivery_id: str) -> str | None:
        """Return the event of a delivery, or None if it has none."""
        if not delivery_id:
            return None
        try:
            return await self._events.with_delivery(delivery_id)
        except (RedisError, OSError):
            return None


async def _follow(arrivals: Arrivals[T], publish: Callable[[T], Awaitable[None]]) -> None:
    async for item in arrivals.follow():
        await publish(item)
        if is_cancelled():
            return
