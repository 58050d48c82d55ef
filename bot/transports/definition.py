"""What each transport defines: everything that the rest of the bot knows about it."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from redis.asyncio import Redis

from bot.delivery.sender import Sender
from bot.model import Audience, Destination, Notification, Transport
from bot.model.finding import Finding
from bot.rendering.templates import Templates
from bot.transports.terminal.lines import Line

S = TypeVar("S")
C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class TransportDefinition(Generic[S, C]):
    """A way to reach people; `S` is its group of settings, `C` the type of its content."""

    name: Transport
    template_files: tuple[str, ...]
    """What each folder of `templates/` must have."""
    renderer: Callable[[Templates], Callable[[Notification], C]]
    sender: Callable[[S, Redis], Sender[C] | None]
    """Returns None where the transport is off."""
    resent_note: str
    """What the timeline shows of a message that was sent again because it may not have arrived."""
    destinations: Callable[[S, Audience], Sequence[Destination]]
    """Returns whom the settings name for an audience; empty where the transport is off."""
    check_settings: Callable[[S], Iterable[Finding]]
    check_connection: Callable[[S, Collection[str]], Awaitable[list[Finding]]]
    """Tries the service without sending; the collection names the settings that are malformed."""
    service: str
    """What `doctor` calls the other side."""
    needed_settings: tuple[str, ...]
    """How the names of the settings begin without which the service cannot be tried."""
    example: Destination
    preview_files: Callable[[C], Mapping[str, str]]
    terminal_lines: Callable[[C], Iterable[Line]]
    terminal_title: str
    """What `preview` writes before the address."""


AnyTransport = TransportDefinition[Any, Any]
"""A definition in a list of several: each takes its own group of the settings, which have them all."""
