"""A Slack workspace in memory: its conversations, its users and their messages."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.fakes.arrivals import Arrivals
from bot.fakes.slack.modals import Modals
from bot.fakes.slack.triggers import Triggers

TEAM = "T0JUICEBOX"
BOT_USER = "U0BOT"
BOT = "B0BOT"
APP = "A0JUICEBOX"
SLACKBOT = "USLACKBOT"
RECRUITER = "U0RECRUITER"


@dataclass(frozen=True, slots=True)
class Post:
    """A message that was accepted. `ts` identifies it within its channel."""

    channel: str
    ts: str
    text: str = ""
    blocks: Sequence[Mapping[str, Any]] = ()
    metadata: Mapping[str, Any] | None = None
    unfurl_links: bool = True
    unfurl_media: bool = True
    user: str = BOT_USER
    thread_ts: str | None = None
    edited_at: float | None = None
    """Seconds since 1970."""
    deleted: bool = False

    @property
    def delivery_id(self) -> str:
        """The delivery that the message carries, from its metadata; empty if there is none."""
        payload = self.metadata["event_payload"] if self.metadata else {}
        return str(payload.get("delivery_id", ""))

    def api_object(self, *, with_metadata: bool) -> dict[str, Any]:
        message: dict[str, Any] = {
            "type": "message",
            "user": self.user,
            "ts": self.ts,
            "team": TEAM,
            "text": self.text,
        }
        if self.user == BOT_USER:
            message |= {"bot_id": BOT, "app_id": APP}
        if self.blocks:
            message["blocks"] = list(self.blocks)
        if self.thread_ts:
            message["thread_ts"] = self.thread_ts
        if self.edited_at is not None:
            message["edited"] = {"user": self.user, "ts": f"{self.edited_at:.6f}"}
        if with_metadata and self.metadata:
            message["metadata"] = self.metadata
        return message


@dataclass(frozen=True, slots=True)
class Profile:
    """What `users.info` says of a person."""

    zone: str = "Europe/Berlin"
    email: str = ""
    is_guest: bool = False
    team: str = TEAM


@dataclass(slots=True)
class Conversation:
    """A channel, or a direct message with `user`."""

    id: str
    name: str = ""
    is_member: bool = True
    is_private: bool = False
    is_archived: bool = False
    user: str = ""
    posts: list[Post] = field(default_factory=list)

    def find_post(self, ts: str) -> Post | None:
        return next((post for post in self.posts if post.ts == ts), None)

    def thread(self, ts: str) -> Mapping[str, Any]:
        """Return the fields that Slack adds to a message with replies."""
        replies = [post for post in self.posts if post.thread_ts == ts]
        if not replies:
            return {}
        users = [*dict.fromkeys(reply.user for reply in replies)]
        return {
            "thread_ts": ts,
            "reply_count": len(replies),
            "reply_users_count": len(users),
            "reply_users": users,
            "latest_reply": replies[-1].ts,
        }

    def api_object(self) -> dict[str, Any]:
        if self.user:
            return {"id": self.id, "is_im": True, "user": self.user, "is_archived": False}
        return {
            "id": self.id,
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": True,
            "is_group": False,
            "is_im": False,
            "is_mpim": False,
            "is_private": self.is_private,
            "is_archived": self.is_archived,
            "is_member": self.is_member,
            "is_general": False,
            "context_team_id": TEAM,
        }


@dataclass(frozen=True, slots=True)
class Home:
    """The bot's Home tab of one user; `hash` identifies its version."""

    user: str
    view: Mapping[str, Any]
    hash: str

    @property
    def id(self) -> str:
        return f"V{self.user[1:]}"


class Workspace:
    """A workspace with two channels. `clock` returns seconds since 1970; each `ts` is made from it."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._last_us = 0
        self.people = {
            BOT_USER: "juicebox",
            SLACKBOT: "Slackbot",
            RECRUITER: "recruiter",
            "U0OPERATOR": "operator",
        }
        self.profiles = {
            RECRUITER: Profile(email="recruiter@example.com"),
            "U0OPERATOR": Profile("America/New_York", "operator@example.com"),
        }
        self.has_home_tab = True
        """Whether the Home tab is enabled in the app's settings."""
        self.conversations: dict[str, Conversation] = {}
        self.posts: Arrivals[Post] = Arrivals("messages")
        self.edits: Arrivals[Post] = Arrivals("edits")
        self.ephemeral_messages: Arrivals[Post] = Arrivals("ephemeral messages")
        self.homes: Arrivals[Home] = Arrivals("views")
        self.modals = Modals(self._next_ts)
        self.triggers = Triggers(clock)
        self.add(Conversation("C0RECRUIT", "recruiting"))
        self.add(Conversation("C0ALERTS", "juicebox-alerts"))

    def add(self, conversation: Conversation) -> Conversation:
        self.conversations[conversation.id] = conversation
        return conversation

    def find(self, id_or_name: str) -> Conversation | None:
        """Find a conversation by its id, by `name` or `#name`, or by the id of a user."""
        known = self.conversations.get(id_or_name)
        if known or not id_or_name:
            return known
        if id_or_name in self.people:
            return self.direct_message(id_or_name)
        name = id_or_name.removeprefix("#")
        return next((c for c in self.channels() if c.name == name), None)

    def channels(self) -> Iterator[Conversation]:
        return (c for c in self.conversations.values() if not c.user)

    def direct_message(self, user: str) -> Conversation:
        channel = "D" + user[1:]
        return self.conversations.get(channel) or self.add(Conversation(channel, user=user))

    def say(self, channel: str, text: str, **details: Any) -> Post:
        """Post a message; `details` are further fields of `Post`."""
        post = Post(channel=channel, ts=self._next_ts(), text=text, **details)
        self.conversations[channel].posts.append(post)
        self.posts.add(post)
        return post

    def post_ephemeral(self, channel: str, text: str, **details: Any) -> Post:
        """Show a message to one user; the conversation does not keep it."""
        post = Post(channel=channel, ts=self._next_ts(), text=text, **details)
        self.ephemeral_messages.add(post)
        return post

    def find_ephemeral(self, channel: str, ts: str) -> Post | None:
        """Return the current version of an ephemeral message, or None if there is none."""
        versions = [p for p in self.ephemeral_messages if (p.channel, p.ts) == (channel, ts)]
        return versions[-1] if versions and not versions[-1].deleted else None

    def edit(self, post: Post, **changes: Any) -> Post:
        """Change a message, or remove it with `deleted=True`.

        The new version is added to `edits`, or to `ephemeral_messages` for an ephemeral one.
        """
        edited = replace(post, edited_at=self._clock(), **changes)
        posts = self.conversations[post.channel].posts
        index = next((i for i, kept in enumerate(posts) if kept.ts == post.ts), None)
        if index is None:
            self.ephemeral_messages.add(edited)
        else:
            posts[index : index + 1] = [] if edited.deleted else [edited]
            self.edits.add(edited)
        return edited

    def publish(self, user: str, view: Mapping[str, Any]) -> Home:
        """Replace the bot's Home tab of a user."""
        home = Home(user, view, self._next_ts())
        self.homes.add(home)
        return home

    def home_of(self, user: str) -> Home | None:
        """Return the user's Home tab, or None if nothing was published."""
        return next((home for home in reversed([*self.homes]) if home.user == user), None)

    def _next_ts(self) -> str:
        self._last_us = max(round(self._clock() * 1_000_000), self._last_us + 1)
        seconds, microseconds = divmod(self._last_us, 1_000_000)
        return f"{seconds}.{microseconds:06}"
