"""The text of a job's id, in Redis and in the log."""

import pytest

from bot.store.queue import JobId, Task


@pytest.mark.parametrize(
    ("job", "text", "logged"),
    [
        (JobId(Task.EVENT, "evt_1"), "handle_event::evt_1", "handle_event::evt_1"),
        (JobId(Task.DELIVERY, "evt:1", "dlv_1"), "retry_delivery:dlv_1:evt:1", None),
        (
            JobId(Task.DESTINATION, "email:ada@example.com"),
            "send_waiting::email:ada@example.com",
            "send_waiting::email",
        ),
    ],
)
def test_the_log_has_no_address(job: JobId, text: str, logged: str | None) -> None:
    assert str(job) == text
    assert JobId.parse(text) == job
    assert job.logged == (logged or text)
