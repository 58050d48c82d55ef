"""Planned faults happen in order, or repeatedly until they are cleared."""

from bot.fakes.faults import FaultPlan, HttpFault

ERROR, DROPPED = HttpFault.status(500), HttpFault.dropped()


def test_each_queued_fault_happens_once_and_in_order() -> None:
    plan: FaultPlan[HttpFault] = FaultPlan()
    plan.add("post", [ERROR, None, DROPPED])
    assert plan.remaining("post") == 3
    assert [plan.next("post") for _ in range(4)] == [ERROR, None, DROPPED, None]
    assert plan.remaining("post") == 0


def test_methods_have_separate_faults() -> None:
    plan: FaultPlan[HttpFault] = FaultPlan()
    plan.add("post", [ERROR])
    assert plan.next("get") is None
    assert plan.next("post") == ERROR


def test_a_repeated_fault_hits_every_call_until_it_is_cleared() -> None:
    plan: FaultPlan[HttpFault] = FaultPlan()
    plan.repeat("post", ERROR)
    plan.add("post", [DROPPED])
    assert plan.remaining("post") is None
    assert [plan.next("post") for _ in range(3)] == [DROPPED, ERROR, ERROR]
    plan.clear()
    assert (plan.next("post"), plan.remaining("post")) == (None, 0)


def test_on_change_is_called_after_each_fault() -> None:
    plan: FaultPlan[HttpFault] = FaultPlan()
    remaining: list[int | None] = []
    plan.on_change = lambda: remaining.append(plan.remaining("post"))
    plan.add("post", [ERROR, ERROR])
    plan.next("post")
    plan.next("post")
    plan.next("post")
    assert remaining == [1, 0]
