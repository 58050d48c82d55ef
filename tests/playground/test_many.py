"""Many events at once are told as one answer, and each of them to its end."""

from tests.running_playground import Visitor


async def test_every_event_of_many_is_told_to_its_end(visitor: Visitor) -> None:
    """More than are looked at as the latest, while nothing is done about any of them."""
    await visitor.ask("/weather", worker="stopped")
    first = await visitor.send("unknown")
    numbers = [(await visitor.ask("/send", what="burst"))["n"] for _ in range(3)]
    for n in numbers:
        await visitor.until(lambda r, n=n: r["kind"] == "answer" and r["n"] == n)
    await visitor.ask("/weather", worker="running")
    await visitor.trail(first, lambda t: t["state"] == "unhandled")


async def test_a_burst_is_told_as_one(visitor: Visitor) -> None:
    n = (await visitor.ask("/send", what="burst"))["n"]
    answer = await visitor.until(lambda r: r["kind"] == "answer" and r["n"] == n)
    assert (answer["count"], answer["statuses"]) == (50, {"200": 50})
