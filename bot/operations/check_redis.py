"""Whether Redis is fit to keep what was promised to be kept."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, RedisError, ResponseError

from bot.operations.check_settings import is_local
from bot.operations.faults import in_words
from bot.operations.finding import Finding, failure, note, ok, warning
from bot.settings import Settings
from bot.store import Store
from bot.store.connection import connect

_PATIENCE = timedelta(seconds=4)
_OLDEST_VERSION = 5


async def check_redis(settings: Settings, now: datetime) -> list[Finding]:
    url = settings.redis_url.get_secret_value()
    found = [_encryption(url, settings.redis_ssl_cert_reqs)]
    try:
        redis = connect(url, cert_reqs=settings.redis_ssl_cert_reqs, timeout=_PATIENCE)
    except ValueError:
        return [
            failure("Redis", "REDIS_URL is not an address", "redis://user:password@host:6379/0")
        ]
    try:
        info = await redis.info()
        found += judge(info, await _config(redis, "save"))
        found += [await _worker(redis, settings, now)]
    except AuthenticationError:
        found += [
            failure("Redis", "it refuses the password", "check REDIS_URL's user and password")
        ]
    except (RedisError, OSError) as error:
        mend = f"check REDIS_URL, and that the server runs and lets us in{_tls_hint(url)}"
        found += [failure("Redis", f"{where(url)}: {in_words(error)}", mend)]
    finally:
        await redis.aclose()
    return found


def where(url: str) -> str:
    """The host and port of a URL, without its password."""
    parts = urlsplit(url)
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    return f"{parts.hostname or parts.path}{port}"


def judge(info: Mapping[str, Any], save: str | None) -> Iterable[Finding]:
    """What `INFO` says; `save` is the setting of that name, None where the server keeps it secret."""
    version = str(info.get("redis_version", "unknown"))
    major = version.partition(".")[0]
    if major.isdecimal() and int(major) < _OLDEST_VERSION:
        yield failure("Redis", f"version {version}", f"use {_OLDEST_VERSION} or later")
    else:
        yield ok("Redis", f"answers; version {version}")
    yield _role(str(info.get("role", "unknown")))
    yield _persistence(appends=bool(info.get("aof_enabled")), save=save)
    yield _eviction(str(info.get("maxmemory_policy", "unknown")))


def _role(role: str) -> Finding:
    if role == "master":
        return ok("Redis role", "primary")
    mend = "REDIS_URL must name the primary"
    return failure("Redis role", f"{role}: it cannot be written to", mend)


def _persistence(*, appends: bool, save: str | None) -> Finding:
    if appends:
        return ok("Redis persistence", "append-only file")
    if save:
        return ok("Redis persistence", f"snapshots ({save}); the append-only file would lose less")
    mend = "turn on appendonly, or choose a plan that persists"
    lost = "a restart loses events"
    if save is None:
        return warning("Redis persistence", f"no append-only file; without one, {lost}", mend)
    return warning("Redis persistence", f"off: {lost}", mend)


def _eviction(policy: str) -> Finding:
    if policy == "noeviction":
        return ok("Redis eviction", "noeviction")
    mend = "set maxmemory-policy to noeviction (Heroku: heroku redis:maxmemory -p noeviction)"
    if policy == "unknown":
        return warning("Redis eviction", "the server does not say", mend)
    return failure("Redis eviction", f"{policy}: a full Redis drops what was accepted", mend)


def _encryption(url: str, cert_reqs: str) -> Finding:
    if url.startswith("rediss://"):
        if cert_reqs == "none":
            return note(
                "Redis encryption",
                "TLS; REDIS_SSL_CERT_REQS=none: the certificate is not checked, so whoever sits in"
                " between could read along; Heroku's self-signed ones leave no choice",
            )
        return ok("Redis encryption", "TLS, certificate checked")
    if is_local(url):
        return note("Redis encryption", "none, on this machine")
    return warning("Redis encryption", "none", "use a rediss:// address where there is one")


def _tls_hint(url: str) -> str:
    return "; on Heroku, set REDIS_SSL_CERT_REQS=none" if url.startswith("rediss://") else ""


async def _config(redis: Redis, name: str) -> str | None:
    """One setting of the server; managed ones forbid the question."""
    try:
        return str((await redis.config_get(name)).get(name, ""))
    except ResponseError:
        return None


async def _worker(redis: Redis, settings: Settings, now: datetime) -> Finding:
    store = Store(redis, retention=timedelta(days=settings.retention_days))
    backlog = await store.backlog(now)
    waits = f"{backlog.due} due, {backlog.later} for later, {backlog.dead} dead"
    if backlog.worker_alive:
        return note("Worker", f"alive; {waits}")
    return note("Worker", f"no heartbeat, which is right before a first start; {waits}")
