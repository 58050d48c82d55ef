"""The definition of a transport: everything that the rest of the bot needs to know about it."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from redis.asyncio import Redis

from bot.delivery.sender import Sender
from bot.model import Audience, Destination, Notification, Transport
from bot.model.finding import Finding
from bot.rendering.templates import Templates
from bot.transports.terminal.console import Line

S = TypeVar("S")
C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class TransportDefinition(Generic[S, C]):
    """A transport; `S` is its group of settings, `C` the type of its content."""

    name: Transport
    template_files: tuple[str, ...]
    """The files that each folder of `templates/` must have."""
    renderer: Callable[[Templates], Callable[[Notification], C]]
    sender: Callable[[S, Redis], Sender[C] | None]
    """Returns None if the transport is off."""
    resent_note: str
    """Shown in the timeline for a message that was sent again since it may not have arrived."""
    destinations: Callable[[S, Audience], Sequence[Destination]]
    """Returns the configured destinations of an audience; none if the transport is off."""
    check_settings: Callable[[S], Iterable[Finding]]
    check_connection: Callable[[S, Collection[str]], Awaitable[list[Finding]]]
    """Connects to the service without sending; the collection names the malformed settings."""
    service: str
    """The name of the service in `doctor`."""
    switches: tuple[str, ...]
    """The names of the settings that turn it on together."""
    recipients: str
    """The name of the setting that holds the recruiters' destinations."""
    needed_settings: tuple[str, ...]
    """Prefixes of the settings that `check_connection` needs."""
    example: Destination
    preview_files: Callable[[C], Mapping[str, str]]
    terminal_lines: Callable[[C], Iterable[Line]]
    terminal_title: str
    """The words before the address in `preview`."""


AnyTransport = TransportDefinition[Any, Any]
"""The definition of any transport; `S` is `Settings`, which has the settings of all of them."""
