"""Lines that protect deliveries: found, repeated, paced, retried or given up."""

from tests.faults.mutation import Mutation

_ATTEMPTS = "tests/delivery/test_attempt_lease.py"
_HELD = "tests/worker/test_held.py"
_DELIVERIES = "tests/faults/test_worker_deliveries.py"
_PROCESSES = "tests/faults/test_worker_processes.py"

DELIVERY = (
    Mutation(
        15,
        "a summary that was interrupted gets another id",
        "bot/delivery/summary.py",
        'message = due[0].delivery.message or f"msg_{uuid4().hex[:24]}"',
        'message = f"msg_{uuid4().hex[:24]}"',
        f"{_HELD}::test_a_summary_that_was_interrupted_is_not_posted_twice",
    ),
    Mutation(
        15,
        "the job of a destination is not planned",
        "bot/delivery/transitions.py",
        "    change.enqueue(job, at - change.now, earliest=True)\n",
        "",
        f"{_HELD}::test_one_that_was_held_comes_as_itself",
    ),
    Mutation(
        15,
        "what waits for a destination is not found again",
        "bot/store/reconciliation.py",
        "await self._waiting.restore(delivery)",
        "pass",
        f"{_HELD}::test_what_redis_has_lost_is_found_again",
    ),
    Mutation(
        15,
        "a delivery found `sending` counts as not sent",
        "bot/delivery/transitions.py",
        "maybe_delivered=delivery.maybe_delivered or interrupted,",
        "maybe_delivered=delivery.maybe_delivered,",
        f"{_PROCESSES}::test_a_message_whose_sender_was_killed_is_found_in_the_channel_and_not_posted_again",
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
        'return DeliveryError.permanent(f"{code}: {text}", gone=_GONE.get(code, ""))',
        'return DeliveryError.transient(f"{code}: {text}")',
        f"{_DELIVERIES}::test_a_permanent_failure_is_one_call_one_dead_letter_and_one_notice_until_retried_by_hand",
    ),
    Mutation(
        22,
        "an outcome that Redis has not confirmed is given up",
        "bot/delivery/settlement.py",
        "await retry_while_unavailable(apply, self.job.check_lease, self.retry_interval)\n"
        "            except ChangedMeanwhile:",
        "await apply()\n            except ChangedMeanwhile:",
        f"{_ATTEMPTS}::test_an_outcome_is_written_once_however_often_the_reply_of_redis_is_lost",
    ),
)
