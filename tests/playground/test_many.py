"""Many events at once share one response record, and each gets a complete timeline."""

from tests.running_playground import Visitor


async def test_every_event_of_many_has_a_complete_timeline(visitor: Visitor) -> None:
    """Send more events than the watcher reads as the latest, while none is handled."""
    await visitor.call("/failures", worker="stopped")
    first = await visitor.send("unknown")
    numbers = [(await visitor.call("/send", what="burst"))["n"] for _ in range(3)]
    for n in numbers:
        await visitor.until(lambda r, n=n: r["kind"] == "response" and r["n"] == n)
    await visitor.call("/failures", worker="running")
    await visitor.timeline(first, lambda t: t["state"] == "unhandled")


async def test_a_burst_has_one_response_record(visitor: Visitor) -> None:
    n = (await visitor.call("/send", what="burst"))["n"]
    response = await visitor.until(
        # On a busy machine the first attempt may time out; the record then says when the next one is.
        lambda r: r["kind"] == "response" and r["n"] == n and r["retry_in_s"] is None
    )
    assert (response["count"], response["statuses"]) == (50, {"200": 50})
