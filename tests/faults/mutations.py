"""Lines that protect the bot, each with a broken version and the tests that must fail for it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """In the file at `path`, `original` becomes `broken`; then at least one of `tests` must fail."""

    case: int
    what: str
    path: str
    original: str
    broken: str
    tests: str


_INTAKE = "tests/faults/test_intake_once.py"
_REDIS = "tests/faults/test_intake_redis.py"
_BODIES = "tests/faults/test_http_bodies.py"
_HOSTILE = "tests/faults/test_http_hostile.py"
_DELIVERIES = "tests/faults/test_worker_deliveries.py"
_PROCESSES = "tests/faults/test_worker_processes.py"

MUTATIONS = (
    Mutation(
        1,
        "a duplicate is not detected",
        "bot/store/scripts/accept.lua",
        "if redis.call('EXISTS', KEYS[1]) == 1 then",
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
        "bot/settings.py",
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
    Mutation(
        15,
        "a delivery found `sending` counts as not sent",
        "bot/store/scripts/claim.lua",
        "redis.call('HSET', d, 'unsure', '1')",
        "local _",
        f"{_PROCESSES}::test_a_message_whose_sender_was_killed_is_found_in_the_channel_and_not_posted_again",
    ),
    Mutation(
        14,
        "a lease lasts for a minute",
        "bot/worker/timings.py",
        "lease_duration: timedelta = timedelta(seconds=14)",
        "lease_duration: timedelta = timedelta(seconds=60)",
        "tests/faults/test_worker_kill.py",
    ),
    Mutation(
        16,
        "each attempt of a mail has its own Message-ID",
        "bot/transports/email/mime.py",
        'mime["Message-ID"] = f"<{message.id}@{from_.domain}>"',
        'mime["Message-ID"] = f"<{message.id}.{now.timestamp()}@{from_.domain}>"',
        f"{_PROCESSES}::test_a_mail_whose_sender_was_killed_comes_again_under_its_message_id",
    ),
    Mutation(
        17,
        "the channel history is not searched",
        "bot/transports/slack/sender.py",
        "found = await self._find_or_fail(message) if message.maybe_delivered else None",
        "found = None",
        f"{_DELIVERIES}::test_a_message_that_slack_accepted_without_replying_is_found_and_not_posted_again",
    ),
    Mutation(
        18,
        "Retry-After is ignored",
        "bot/transports/slack/errors.py",
        "seconds = float(retry_after)",
        "seconds = 1.0",
        f"{_DELIVERIES}::test_retry_after_is_respected_and_uses_no_attempt",
    ),
    Mutation(
        18,
        "waiting deliveries are not paced",
        "bot/delivery/rate_limit.py",
        "queue.next_slot = slot + limit.spacing.total_seconds()",
        "queue.next_slot = slot",
        "tests/faults/test_machine_paced.py",
    ),
    Mutation(
        19,
        "the second backoff is as long as the first",
        "bot/delivery/backoff.py",
        "    timedelta(seconds=2),\n",
        "    timedelta(seconds=1),\n",
        f"{_DELIVERIES}::test_500_500_ok_from_slack_are_calls_at_0_1_and_3_seconds",
    ),
    Mutation(
        20,
        "a permanent failure is retried",
        "bot/transports/slack/errors.py",
        'return DeliveryError.permanent(f"{code}: {text}")',
        'return DeliveryError.transient(f"{code}: {text}")',
        f"{_DELIVERIES}::test_a_permanent_failure_is_one_call_one_dead_letter_and_one_notice_until_retried_by_hand",
    ),
    Mutation(
        21,
        "SIGTERM does not wait for running jobs",
        "bot/worker/supervisor.py",
        "        await self._finish()",
        "        pass",
        f"{_PROCESSES}::test_sigterm_under_queued_jobs_leaves_nothing_half_done_and_nothing_behind",
    ),
    Mutation(
        22,
        "a worker exits when Redis is unavailable",
        "bot/worker/supervisor.py",
        "while not self._stopping.is_set():",
        "for _ in range(1):",
        "tests/faults/test_redis_away.py",
    ),
    Mutation(
        23,
        "a read-only Redis is a bug in the job",
        "bot/worker/loop.py",
        'except (RedisError, OSError) as fault:\n            _log.warning("job interrupted"',
        'except ZeroDivisionError as fault:\n            _log.warning("job interrupted"',
        "tests/faults/test_redis_away.py::test_redis_is_demoted_to_a_replica_in_the_middle_of_the_work",
    ),
    Mutation(
        24,
        "an expired lease is not noticed",
        "bot/worker/lease.py",
        "if self._is_expired():",
        "if not self.job_id:",
        "tests/faults/test_worker_fenced.py",
    ),
    Mutation(
        24,
        "jobs are due by the clock of web",
        "bot/store/scripts/accept.lua",
        "delay = ARGV[9]",
        "delay = ARGV[3] - due_in(0)",
        "tests/faults/test_worker_clocks.py",
    ),
    Mutation(
        25,
        "no worker looks for lost jobs",
        "bot/store/scripts/lease_due.lua",
        "guard.ok and 1 or 0}",
        "guard.ok and 0 or 0}",
        "tests/faults/test_shared_redis.py::test_events_whose_jobs_are_gone_are_handled_within_a_minute",
    ),
    Mutation(
        25,
        "a running job of the previous release is taken over",
        "bot/store/scripts/reconcile.lua",
        "if is_ours(id) and redis.call('EXISTS', ARGV[2] .. id) == 0 then",
        "if is_ours(id) then",
        "tests/store/test_old_queue.py::test_a_job_that_release_0_3_0_runs_is_left_to_it",
    ),
)
