"""Faults happen in the order in which they were asked for, or stay until they are cleared."""

from bot.fakes.faults import FaultPlan, HttpFault

ERROR, DROPPED = HttpFault.status(500), HttpFault.dropped()


def test_each_waiting_fault_happens_once_and_in_order() -> None:
    script: FaultPlan[HttpFault] = FaultPlan()
    script.add("post", [ERROR, None, DROPPED])
    assert script.left("post") == 3
    assert [script.next("post") for _ in range(4)] == [ERROR, None, DROPPED, None]
    assert script.left("post") == 0


def test_one_call_is_not_another() -> None:
    script: FaultPlan[HttpFault] = FaultPlan()
    script.add("post", [ERROR])
    assert script.next("get") is None
    assert script.next("post") == ERROR


def test_a_fault_that_stays_hits_every_call_until_it_is_cleared() -> None:
    script: FaultPlan[HttpFault] = FaultPlan()
    script.stay("post", ERROR)
    script.add("post", [DROPPED])
    assert script.left("post") is None
    assert [script.next("post") for _ in range(3)] == [DROPPED, ERROR, ERROR]
    script.clear()
    assert (script.next("post"), script.left("post")) == (None, 0)


def test_whoever_wants_to_know_is_told_of_each_that_has_happened() -> None:
    script: FaultPlan[HttpFault] = FaultPlan()
    left: list[int | None] = []
    script.changed = lambda: left.append(script.left("post"))
    script.add("post", [ERROR, ERROR])
    script.next("post")
    script.next("post")
    script.next("post")
    assert left == [1, 0]
