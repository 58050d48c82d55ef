"""A Redis with a self-signed certificate is explained, and can be used with each option."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

import pytest

from bot.doctor.redis import check_redis
from bot.fakes.redis_server import RedisServer
from bot.model.finding import Severity
from tests.app import MakeSettings, web_client
from tests.commands.conftest import Cli
from tests.factories import NOW
from tests.polling import until

REMEDY = (
    "set REDIS_SSL_CERT_REQS=none, as Heroku's self-signed certificates need it, or name the"
    " authority's file: REDIS_URL=rediss://...?ssl_ca_certs=/path/to/ca.pem"
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
        " -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout key.pem -out cert.pem"
    )
    try:
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)  # noqa: S603 - the command is the line above
    except FileNotFoundError:
        pytest.skip("there is no openssl to make a certificate with")
    return folder / "cert.pem"


@pytest.fixture
async def tls_url(certificate: Path, redis_process: RedisServer) -> AsyncIterator[str]:
    """Not every redis-server speaks TLS itself, so it is added in front of one."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.parent / "key.pem")

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", redis_process.port)
        await asyncio.gather(_pump(reader, back), _pump(there, writer))

    server = await asyncio.start_server(carry, "localhost", 0, ssl=context)
    yield f"rediss://localhost:{server.sockets[0].getsockname()[1]}/0"
    server.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65_536):
            sink.write(data)
    sink.close()


async def test_a_self_signed_certificate_is_named_with_a_fix(
    make_settings: MakeSettings, cli: Cli, tls_url: str
) -> None:
    found = await check_redis(make_settings(REDIS_URL=tls_url), NOW)
    [failed] = [f for f in found if f.severity is Severity.FAILURE]
    place = tls_url.removeprefix("rediss://").removesuffix("/0")
    assert failed.text == f"{place}: its certificate is not trusted (self-signed?)"
    assert failed.fix == REMEDY
    for command in ("events", "retry --all", "record quota latest", "forget prof_1"):
        result = await cli(*command.split())
        assert result.exit_code == 1
        assert result.output == (
            f"juicebox-bot: Redis at {place} (REDIS_URL): its certificate is not trusted"
            f" (self-signed?); {REMEDY}\n"
        )


@pytest.mark.parametrize(
    "option", ["ssl_cert_reqs=none", "ssl_cert_reqs=CERT_NONE", "ssl_ca_certs={ca}"]
)
async def test_an_option_of_the_url_allows_the_connection(
    make_settings: MakeSettings, certificate: Path, tls_url: str, option: str
) -> None:
    settings = make_settings(REDIS_URL=f"{tls_url}?{option.format(ca=certificate)}")
    found = await check_redis(settings, NOW)
    assert [f for f in found if f.severity is Severity.FAILURE] == []
    async with web_client(settings) as client:

        async def answers() -> bool:  # a busy machine may take longer than a second for TLS
            return (await client.get("/metrics")).status_code == HTTPStatus.OK

        await until(answers)


async def test_the_setting_allows_the_connection(make_settings: MakeSettings, tls_url: str) -> None:
    found = await check_redis(
        make_settings(REDIS_URL=tls_url, REDIS_SSL_CERT_REQS="CERT_NONE"), NOW
    )
    assert [f for f in found if f.severity is Severity.FAILURE] == []


async def test_a_server_with_tls_is_not_reached_without_it(
    make_settings: MakeSettings, tls_url: str
) -> None:
    url = tls_url.replace("rediss://", "redis://")
    found = await check_redis(make_settings(REDIS_URL=url), NOW)
    [failed] = [f for f in found if f.severity is Severity.FAILURE]
    assert failed.fix.startswith("if it speaks TLS, begin REDIS_URL with rediss://")


async def test_a_server_without_tls_is_named(
    make_settings: MakeSettings, redis_process: RedisServer
) -> None:
    url = redis_process.url.replace("redis://", "rediss://")
    found = await check_redis(make_settings(REDIS_URL=url), NOW)
    [failed] = [f for f in found if f.severity is Severity.FAILURE]
    assert "if it does not speak TLS, begin with redis://" in failed.fix
