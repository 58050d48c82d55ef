"""A real Postfix on a loopback port, with a configuration and a queue of its own."""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.fakes.redis_server import free_port

_SBIN = ("/usr/sbin", "/usr/local/sbin")
_SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
discard unix - - n - - discard
error unix - - n - - error
retry unix - - n - - error
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
_SETTINGS = {
    "compatibility_level": "3.6",
    "mail_owner": "postfix",
    "myhostname": "mail.example.com",
    "inet_interfaces": "127.0.0.1",
    "inet_protocols": "ipv4",
    "mydestination": "",
    "alias_maps": "",
    "default_transport": "discard:",
    "mynetworks": "127.0.0.0/8",
    "smtpd_relay_restrictions": "permit_mynetworks, reject",
    "smtpd_client_event_limit_exceptions": "",  # by default mynetworks have no limits
    "smtpd_helo_required": "yes",
    "smtpd_delay_reject": "no",
}
"""https://www.postfix.org/postconf.5.html"""


@dataclass(frozen=True)
class Postfix:
    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def message_ids(self) -> list[str]:
        """The Message-IDs of all accepted mails."""
        return re.findall(r"cleanup\[\d+\]: \w+: message-id=(<\S+>)", self.log())

    @property
    def delivered(self) -> int:
        return len(re.findall(r"discard\[\d+\]: .* status=sent", self.log()))


def _command(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *_SBIN]))
    if found is None:
        pytest.skip(f"needs Debian's postfix ({name})")
    return found


@contextmanager
def postfix(changes: Mapping[str, str]) -> Iterator[Postfix]:
    """Postfix with these settings changed; skips the test where it cannot run."""
    command = _command("postfix")
    if os.geteuid() != 0:
        pytest.skip("Postfix starts as root only")
    folder = Path(tempfile.mkdtemp(prefix="juicebox-postfix-"))
    try:
        server = Postfix(free_port(), folder)
        _configure(server, changes)
        started = subprocess.Popen(  # noqa: S603  # a fixed command line
            [command, "-c", str(folder / "etc"), "start-fg"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield server
        finally:
            # `started` is a script; Postfix runs in a session of its own.
            abort = [command, "-c", str(folder / "etc"), "abort"]
            subprocess.run(abort, check=False, capture_output=True)  # noqa: S603  # as above
            started.terminate()
            started.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _configure(server: Postfix, changes: Mapping[str, str]) -> None:
    folder = server.folder
    folder.chmod(0o755)
    owner = pwd.getpwnam("postfix")
    for name in ("etc", "queue", "data"):
        (folder / name).mkdir()
    os.chown(folder / "data", owner.pw_uid, owner.pw_gid)
    settings = {
        **_SETTINGS,
        "queue_directory": str(folder / "queue"),
        "data_directory": str(folder / "data"),
        "maillog_file": str(folder / "log"),
        "maillog_file_prefixes": str(folder),
        **changes,
    }
    lines = [f"{name} = {value}\n" for name, value in settings.items()]
    (folder / "etc" / "main.cf").write_text("".join(lines))
    (folder / "etc" / "master.cf").write_text(_SERVICES.format(port=server.port))
