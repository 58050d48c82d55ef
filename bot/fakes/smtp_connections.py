"""Counts the connections to the inbox, and refuses those that are too many."""

import asyncio
from dataclasses import dataclass
from typing import Any, cast

from aiosmtpd.smtp import SMTP


@dataclass
class ConnectionCount:
    """How many connections there are; at `limit`, no further one is served."""

    limit: int | None = None
    now: int = 0
    most: int = 0
    served: int = 0
    refused: int = 0


class CountedSmtp(SMTP):
    """Makes itself known while it is connected, so that closing the inbox leaves nothing open."""

    def __init__(
        self, connections: set[SMTP], count: ConnectionCount, *args: Any, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._connections = connections
        self._count = count
        self._is_served = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not self._is_served and self._count.now == self._count.limit:
            self._count.refused += 1
            refused = cast("asyncio.Transport", transport)
            refused.write(b"421 4.3.2 Too many concurrent connections\r\n")
            refused.close()
            return
        if not self._is_served:  # not again after STARTTLS
            self._count.now += 1
            self._count.served += 1
            self._count.most = max(self._count.most, self._count.now)
        self._is_served = True
        super().connection_made(transport)
        self._connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        if self._is_served:
            self._count.now -= 1
            self._connections.discard(self)
            super().connection_lost(error)
