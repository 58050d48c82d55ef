"""Tells the feed what came to Slack and into the inbox."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from redis.exceptions import RedisError

from bot.errors import CorruptRecord
from bot.fakes.arrivals import Arrivals
from bot.fakes.deliveries import delivery_of_mail, delivery_of_post
from bot.fakes.slack.block_ids import with_block_ids
from bot.fakes.slack.workspace import BOT_USER, Home, Post
from bot.fakes.smtp import ReceivedMail
from bot.playground.feed import Feed
from bot.playground.racing import is_cancelled
from bot.playground.stage import Stage
from bot.playground.watch import Watch

T = TypeVar("T")


class News:
    """Follows what arrives, and keeps the mails for whoever opens one by its number."""

    def __init__(self, on: Stage, feed: Feed, watch: Watch) -> None:
        self._on = on
        self._feed = feed
        self._watch = watch
        self.mails: list[ReceivedMail] = []
        for channel in on.slack.workspace.channels():
            self._tell_channel(channel.id)

    def followers(self) -> Sequence[Coroutine[Any, Any, None]]:
        """What tells of everything that arrives, for as long as it is run."""
        workspace = self._on.slack.workspace
        return [
            _each(workspace.posts, self._post),
            _each(workspace.edits, self._edit),
            _each(workspace.ephemeral_messages, self._whisper),
            _each(workspace.homes, self._home),
            _each(self._on.inbox.arrivals, self._mail),
        ]

    async def _post(self, post: Post) -> None:
        delivery_id = delivery_of_post(post)
        if delivery_id:
            self._watch.arrived(delivery_id, float(post.ts))
        self._tell_post(post, event_id=await self._event_of(delivery_id))

    async def _edit(self, post: Post) -> None:
        self._tell_post(post, event_id=await self._event_of(delivery_of_post(post)))

    async def _whisper(self, post: Post) -> None:
        self._tell_post(post, event_id=None, ephemeral=True)

    async def _home(self, home: Home) -> None:
        self._feed.tell("home", "", blocks=with_block_ids(home.view["blocks"]))

    def _tell_post(self, post: Post, *, event_id: str | None, ephemeral: bool = False) -> None:
        self._tell_channel(post.channel)
        workspace = self._on.slack.workspace
        self._feed.tell(
            "message",
            f"{post.channel}/{post.ts}",
            channel=post.channel,
            ts=post.ts,
            user=post.user,
            name=workspace.people.get(post.user, post.user),
            bot=post.user == BOT_USER,
            text=post.text,
            blocks=with_block_ids(post.blocks),
            thread_ts=post.thread_ts,
            edited_at=post.edited_at * 1000 if post.edited_at else None,
            ephemeral=ephemeral,
            deleted=post.deleted,
            event_id=event_id,
        )

    def _tell_channel(self, channel_id: str) -> None:
        channel = self._on.slack.workspace.conversations[channel_id]
        name = channel.name or self._on.slack.workspace.people[BOT_USER]
        self._feed.tell(
            "channel",
            channel_id,
            id=channel_id,
            name=name,
            private=channel.is_private,
            direct=bool(channel.user),
        )

    async def _mail(self, mail: ReceivedMail) -> None:
        delivery_id = delivery_of_mail(mail)
        self._watch.arrived(delivery_id, mail.arrived_at.timestamp())
        self.mails.append(mail)
        number, event_id = len(self.mails), await self._event_of(delivery_id)
        self._feed.tell(
            "mail",
            str(number),
            n=number,
            at=mail.arrived_at.timestamp() * 1000,
            subject=str(mail.message["Subject"]),
            to=list(mail.recipients),
            headers=[[name, str(value)] for name, value in mail.message.items()],
            text=mail.text,
            size=len(mail.raw),
            message_id=str(mail.message["Message-ID"]),
            event_id=event_id,
            **{"from": str(mail.message["From"])},
        )

    async def _event_of(self, delivery_id: str) -> str | None:
        """The event that a delivery is of, as far as the bot's ledger can be asked."""
        if not delivery_id:
            return None
        try:
            delivery = await self._on.store.ledger.get(delivery_id)
        except (RedisError, OSError, CorruptRecord):
            return None
        return delivery.event_id if delivery else None


async def _each(arrivals: Arrivals[T], tell: Callable[[T], Awaitable[None]]) -> None:
    async for item in arrivals.follow():
        await tell(item)
        if is_cancelled():
            return
