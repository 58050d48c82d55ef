"""Checks of Redis: role, persistence, eviction, encryption, writes, workers."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, RedisError, ResponseError

from bot.model.finding import Finding, failure, note, ok, warning
from bot.store import Store
from bot.store.connection import connect
from bot.store.redis_errors import diagnose
from bot.store.redis_url import RedisAddress, Scheme
from bot.store.server import is_replica, read_info
from bot.store.settings import StoreSettings
from bot.store.write_check import WriteCheck, check_writes

_TIMEOUT = timedelta(seconds=4)
_MIN_VERSION = 5


async def check_redis(settings: StoreSettings, now: datetime) -> list[Finding]:
    """Check Redis; writes keys of its own, and removes them."""
    address = settings.redis
    url = settings.redis_url.get_secret_value()
    redis = connect(url, cert_reqs=settings.cert_reqs, timeout=_TIMEOUT)
    store = Store(redis, retention=timedelta(days=settings.retention_days))
    found = [_encryption(address)]
    try:
        async with redis.client():  # connects, logs in and selects the database
            pass
        found += check_info(await read_info(redis), await _config(redis, "save"))
        found += _writes(await check_writes(redis, now))
        found += [await _worker(store, now)]
    except (RedisError, OSError) as error:
        found += [_unreachable(error, address)]
    finally:
        await redis.aclose()
    return found


def _unreachable(error: Exception, address: RedisAddress) -> Finding:
    problem = diagnose(error)
    place = "" if isinstance(error, AuthenticationError) else f"{address.where}: "
    fix = problem.fix or "check REDIS_URL, and that the server runs and accepts connections"
    if address.scheme is Scheme.TLS and not problem.fix:
        fix += (
            "; if it does not speak TLS, begin with redis://;"
            " on Heroku, set REDIS_SSL_CERT_REQS=none"
        )
    return failure("Redis", f"{place}{problem.text}", fix)


def check_info(info: Mapping[str, Any], save: str | None) -> Iterable[Finding]:
    """Check the reply to INFO; `save` is that setting, or None if the server does not reveal it."""
    if not info:
        yield note("Redis", "answers; its INFO is forbidden, so its version is not known")
        yield _role(info)
        fix = "look at your plan, or allow the bot INFO"
        yield warning("Redis persistence", "not known: without it, a restart loses events", fix)
        yield _eviction("unknown")
        return
    version = str(info.get("redis_version", "unknown"))
    major = version.partition(".")[0]
    if major.isdecimal() and int(major) < _MIN_VERSION:
        yield failure("Redis", f"version {version}", f"use {_MIN_VERSION} or later")
    else:
        yield ok("Redis", f"answers; version {version}")
    yield _role(info)
    yield _persistence(appends=bool(info.get("aof_enabled")), save=save)
    yield _eviction(str(info.get("maxmemory_policy", "unknown")))


def _role(info: Mapping[str, Any]) -> Finding:
    role = str(info.get("role", ""))
    if is_replica(info):
        return failure("Redis role", f"{role}: it is read-only", "REDIS_URL must name the primary")
    if role == "master":
        return ok("Redis role", "primary")
    return note("Redis role", f"{role or 'not known'}; see 'Redis writes'")


def _persistence(*, appends: bool, save: str | None) -> Finding:
    if appends:
        return ok("Redis persistence", "append-only file")
    if save:
        return ok("Redis persistence", f"snapshots ({save}); the append-only file would lose less")
    fix = "turn on appendonly, or choose a plan that persists"
    lost = "a restart loses events"
    if save is None:
        return warning("Redis persistence", f"no append-only file; without one, {lost}", fix)
    return warning("Redis persistence", f"off: {lost}", fix)


def _eviction(policy: str) -> Finding:
    if policy == "noeviction":
        return ok("Redis eviction", "noeviction")
    fix = "set maxmemory-policy to noeviction (Heroku: heroku redis:maxmemory -p noeviction)"
    if policy == "unknown":
        return warning("Redis eviction", "the server does not say", fix)
    return failure("Redis eviction", f"{policy}: a full Redis drops what was accepted", fix)


def _encryption(address: RedisAddress) -> Finding:
    if address.scheme is Scheme.TLS:
        if address.cert_reqs == "none":
            return note(
                "Redis encryption",
                "TLS; REDIS_SSL_CERT_REQS=none: the certificate is not checked, so the connection"
                " can be intercepted; needed for Heroku's self-signed certificates",
            )
        return ok("Redis encryption", "TLS, certificate checked")
    if address.is_local:
        return note("Redis encryption", "none, on this machine")
    return warning("Redis encryption", "none", "use a rediss:// URL if there is one")


def _writes(check: WriteCheck) -> Iterable[Finding]:
    """Return one finding for each cause of refusals, and one for unexpected results."""
    found = {diagnose(error, command): None for error, command in check.failed}
    for problem in found:
        yield failure("Redis writes", problem.text, problem.fix or "look at the server's log")
    if check.unexpected:
        text = f"it behaves differently from Redis in: {', '.join(check.unexpected)}"
        yield failure("Redis writes", text, "use Redis itself, version 5 or later, or Valkey")
    if not found and not check.unexpected:
        yield ok("Redis writes", "all scripts ran, on keys of their own that are removed again")


async def _config(redis: Redis, name: str) -> str | None:
    """Return a setting of the server, or None: managed servers forbid CONFIG."""
    try:
        return str((await redis.config_get(name)).get(name, ""))
    except ResponseError:
        return None


async def _worker(store: Store, now: datetime) -> Finding:
    try:
        backlog = await store.backlog(now)
    except ResponseError as error:
        problem = diagnose(error)
        return failure("Worker", problem.text, problem.fix or "look at the server's log")
    jobs = f"{backlog.due} due, {backlog.later} for later, {backlog.dead} dead"
    if backlog.worker_alive:
        return note("Worker", f"alive; {jobs}")
    return note("Worker", f"no heartbeat, as expected before the first start; {jobs}")
