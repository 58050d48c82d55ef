"""Counts the connections to the local SMTP server, and refuses those above a limit."""

import asyncio
from dataclasses import dataclass
from typing import Any, cast

from aiosmtpd.smtp import SMTP


@dataclass
class ConnectionCount:
    """Counts of connections; while `limit` are open, further ones are refused."""

    limit: int | None = None
    open: int = 0
    peak: int = 0
    served: int = 0
    refused: int = 0


class CountedSmtp(SMTP):
    """Adds itself to `connections` while it is open, so that closing the server can close it."""

    def __init__(
        self, connections: set[SMTP], count: ConnectionCount, *args: Any, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._connections = connections
        self._count = count
        self._is_served = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not self._is_served and self._count.open == self._count.limit:
            self._count.refused += 1
            refused = cast("asyncio.Transport", transport)
            refused.write(b"421 4.3.2 Too many concurrent connections\r\n")
            refused.close()
            return
        if not self._is_served:  # called again after STARTTLS
            self._count.open += 1
            self._count.served += 1
            self._count.peak = max(self._count.peak, self._count.open)
        self._is_served = True
        super().connection_made(transport)
        self._connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        if self._is_served:
            self._count.open -= 1
            self._connections.discard(self)
            super().connection_lost(error)
