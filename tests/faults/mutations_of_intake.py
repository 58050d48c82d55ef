"""Lines that protect the intake: signatures, limits, and an event that is stored once."""

from tests.faults.mutation import Mutation

_INTAKE = "tests/faults/test_intake_once.py"
_REDIS = "tests/faults/test_intake_redis.py"
_BODIES = "tests/faults/test_http_bodies.py"
_HOSTILE = "tests/faults/test_http_hostile.py"

INTAKE = (
    Mutation(
        1,
        "a duplicate is not detected",
        "bot/store/scripts/accept.lua",
        "if redis.call('EXISTS', event) == 1 then",
        "if false then",
        f"{_INTAKE}::test_500_identical_deliveries_at_once_are_one_job_and_one_message",
    ),
    Mutation(
        2,
        "an event is remembered for a day",
        "bot/store/events.py",
        "+ self._retention + _CLOCK_TOLERANCE",
        "+ _CLOCK_TOLERANCE",
        f"{_INTAKE}::test_a_duplicate_much_later_changes_nothing",
    ),
    Mutation(
        3,
        "the age of an event is not checked",
        "bot/intake/webhook.py",
        "if now - event.timestamp > self.store.retention:",
        "if not kept_days:",
        f"{_INTAKE}::test_a_valid_event_older_than_retention_is_refused",
    ),
    Mutation(
        4,
        "only half of the signature is compared",
        "bot/intake/signature.py",
        "hmac.compare_digest(given, one) for one in expected]):",
        "hmac.compare_digest(given[:32], one[:32]) for one in expected]):",
        f"{_BODIES}::test_one_flipped_bit_in_any_byte_is_refused",
    ),
    Mutation(
        5,
        "a request may have any number of headers",
        "bot/http/connection.py",
        "if len(self.headers) > self.limits.max_headers:",
        "if not self.headers:",
        f"{_HOSTILE}::test_malformed_requests_are_refused_as_documented",
    ),
    Mutation(
        5,
        "trailers are headers",
        "bot/http/connection.py",
        "        if self._is_reading_head:\n",
        "        if True:\n",
        f"{_HOSTILE}::test_a_signature_in_a_trailer_is_ignored",
    ),
    Mutation(
        6,
        "the previous secret is not accepted",
        "bot/unsubscribe/settings.py",
        "secrets = (self.juicebox_webhook_secret, self.juicebox_webhook_secret_previous)",
        "secrets = (self.juicebox_webhook_secret,)",
        f"{_INTAKE}::test_a_secret_is_changed_under_traffic_and_no_event_is_lost",
    ),
    Mutation(
        7,
        "Content-Length is trusted",
        "bot/http/body.py",
        "if len(body) > limit:",
        "if not limit:",
        f"{_BODIES}::test_a_body_up_to_the_limit_is_accepted_with_a_length_or_in_chunks",
    ),
    Mutation(
        8,
        "NaN and Infinity are accepted",
        "bot/intake/envelope.py",
        "from_json(body, allow_inf_nan=False)",
        "from_json(body)",
        "tests/faults/test_http_json.py",
    ),
    Mutation(
        9,
        "connections have no deadline",
        "bot/commands/web.py",
        '*("--http", _CONNECTION, "--no-server-header"',
        '*("--no-server-header"',
        "tests/faults/test_http_slow.py",
    ),
    Mutation(
        10,
        "an unavailable Redis is an internal error",
        "bot/intake/webhook.py",
        "except (RedisError, OSError) as error:",
        "except ZeroDivisionError as error:",
        f"{_REDIS}::test_while_redis_is_down_an_event_is_refused_in_time_and_accepted_later",
    ),
    Mutation(
        11,
        "the timeout for Redis is long",
        "bot/intake/webhook.py",
        "STORE_TIMEOUT = timedelta(seconds=1.8)",
        "STORE_TIMEOUT = timedelta(seconds=10)",
        f"{_REDIS}::test_the_timeouts_for_redis_are_shorter_than_a_senders",
    ),
    Mutation(
        12,
        "a dead connection is not replaced",
        "bot/store/connection.py",
        "retry=Retry(NoBackoff(), 1,",
        "retry=Retry(NoBackoff(), 0,",
        f"{_REDIS}::test_an_event_whose_reply_from_redis_was_lost_is_stored_once",
    ),
)
