"""What every command, button and tab of the bot needs in Slack."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.model import Audience, Destination, Event, Notification, Transport
from bot.slack_app.background import Background
from bot.slack_app.channels import Channels
from bot.slack_app.grammar import Parsed
from bot.slack_app.people import People
from bot.slack_app.screens import FUNCTIONS
from bot.slack_app.workspace import Workspace
from bot.store import Store
from bot.transports.slack.message import SlackMessage
from bot.views.event_summary import Describe

Render = Callable[[str, Mapping[str, Any]], SlackMessage]
"""Renders a folder of `templates/` with the context that its template sees."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who typed a command or pressed a button, and in which channel.

    What is posted to `response_url` later is shown to the asker; it is empty if there is none.
    """

    user: str
    channel: str
    response_url: str = field(default="", repr=False)

    @property
    def is_direct(self) -> bool:
        """Whether it is the conversation of one person with the bot, or its Home tab."""
        return not self.channel or self.channel.startswith("D")

    @property
    def here(self) -> Destination:
        """The channel, or the person in a direct message."""
        return self.me if self.is_direct else Destination(Transport.SLACK, self.channel)

    @property
    def me(self) -> Destination:
        """The person's direct messages."""
        return Destination(Transport.SLACK, self.user)


Update = Callable[[SlackMessage], Awaitable[None]]
"""Changes the message whose button was pressed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered: to the asker alone, or shown to the whole channel.

    The answer to a button can replace the message that the button belongs to, or `edit` that message.
    """

    message: SlackMessage
    in_channel: bool = False
    replaces: bool = False
    edit: Callable[[Update], Awaitable[None]] | None = None


Command = Callable[[Parsed, Asker], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class AppContext:
    """The parts that commands, buttons and the Home tab share.

    `audiences` are the destinations of the settings, `filters` the filters of each type of event that has
    a handler, `aliases` short names of types such as `search`, `audience_of` the audience that the settings' destinations get it as, and `admins` the users
    who may change what a channel gets; if empty, every member may. `thread_of` names the search, export or
    profile that an event is about. `mailable` returns an email address as mail is sent to it, and raises
    ValueError if none can be; it is None if email is off. `notifications` returns what the handler of an
    event asks for, and raises what the handler does. `sample` is the data of the event that
    `/juicebox test` sends, at a time. `describe` describes an event in the sentence for recruiters, who
    read no commands and keys.
    """

    store: Store
    client: AsyncWebClient
    render: Render
    describe: Describe
    clock: Callable[[], datetime]
    workspace: Workspace
    people: People
    channels: Channels
    audiences: Mapping[Audience, Sequence[Destination]] = field(default_factory=dict)
    filters: Mapping[str, frozenset[str]] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    audience_of: Mapping[str, Audience] = field(default_factory=dict)
    admins: frozenset[str] = frozenset()
    notifications: Callable[[Event], Sequence[Notification]] = lambda _: ()
    sample: Callable[[datetime], Mapping[str, Any]] = lambda _: {}
    background: Background = field(default_factory=Background)
    thread_of: Callable[[Event], str] = lambda _: ""
    mailable: Callable[[str], str] | None = None

    def screen(self, name: str, **context: object) -> SlackMessage:
        """Render a folder of `templates/_slack`."""
        return self.render(f"_slack/{name}", {**FUNCTIONS, **context})
