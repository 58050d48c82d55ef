"""A Redis with a self-signed certificate is explained, and can be used with each option."""

from collections.abc import AsyncIterator
from http import HTTPStatus

import pytest

from bot.doctor.redis import check_redis
from bot.fakes.redis_server import RedisServer
from bot.model.finding import Severity
from tests.app import MakeSettings, web_client
from tests.commands.conftest import Cli
from tests.factories import NOW
from tests.polling import until
from tests.tls import Certificate, behind_tls

REMEDY = (
    "set REDIS_SSL_CERT_REQS=none, as Heroku's self-signed certificates need it, or name the"
    " authority's file: REDIS_URL=rediss://...?ssl_ca_certs=/path/to/ca.pem"
)


@pytest.fixture
async def tls_url(certificate: Certificate, redis_process: RedisServer) -> AsyncIterator[str]:
    """Not every redis-server speaks TLS itself, so it is added in front of one."""
    async with behind_tls(redis_process.port, certificate) as port:
        yield f"rediss://127.0.0.1:{port}/0"


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
    make_settings: MakeSettings, certificate: Certificate, tls_url: str, option: str
) -> None:
    settings = make_settings(REDIS_URL=f"{tls_url}?{option.format(ca=certificate.path)}")
    found = await check_redis(settings, NOW)
    assert [f for f in found if f.severity is Severity.FAILURE] == []
    async with web_client(settings) as client:

        async def answers() -> bool:  # a busy machine may take longer than a second for TLS
            return (await client.get("/metrics")).status_code == HTTPStatus.OK

        await until(answers)


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
