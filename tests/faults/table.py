"""The table of the fault suite: for each case its runs, events, losses, duplicates and recovery time."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

import pytest

from tests.faults.tally import Tally

CASES = {
    1: "500 identical deliveries at once",
    2: "a duplicate after completion, an hour later, just inside retention",
    3: "a valid event older than retention",
    4: "one bit flipped in every byte of body and signature",
    5: "hostile headers",
    6: "the secret rotated under traffic",
    7: "a body at the limit, over it, chunked, compressed",
    8: "hostile JSON",
    9: "200 slow-header, slow-body and idle sockets",
    10: "Redis down at intake",
    11: "Redis stopped by SIGSTOP at intake",
    12: "the reply lost after the event was stored",
    13: "web killed between commit and answer",
    14: "the worker killed at every await of a job",
    15: "killed after Slack accepted, before we recorded it",
    16: "killed after the mail server accepted, before we recorded it",
    17: "Slack accepts and drops the connection",
    18: "429 with Retry-After: 7",
    19: "500, 500, ok at 0, 1 and 3 s",
    20: "a permanent failure, then a retry by hand",
    21: "SIGTERM under queued jobs",
    22: "Redis killed and restarted, idle and busy",
    23: "Redis demoted to a replica for 5 s",
    24: "Redis full; clocks an hour apart; a worker paused past its lease",
    25: "a rolling deploy, and the soak",
}

_PROPERTY = "fault case"


@dataclass
class Row:
    tally: Tally = field(default_factory=Tally)
    tests: int = 0
    failed: bool = False


class Table:
    """Collects the results that the tests of all processes report."""

    def __init__(self) -> None:
        self.rows = {number: Row() for number in CASES}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, value in report.user_properties:
            if name == _PROPERTY:
                self._add(report, value)

    def _add(self, report: pytest.TestReport, value: object) -> None:
        assert isinstance(value, dict)
        row = self.rows[value["case"]]
        row.failed |= report.failed
        if report.when == "teardown":
            row.tests += 1
            row.tally.runs += value["runs"]
            row.tally.events += value["events"]
            row.tally.lost += value["lost"]
            row.tally.doubled += value["doubled"]
            row.tally.ambiguous += value["ambiguous"]
            row.tally.recovered(value["seconds"])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not terminalreporter.config.getoption("whole"):
            return
        terminalreporter.section("faults")
        for line in self.lines():
            terminalreporter.write_line(line)
        missing = [str(number) for number, row in self.rows.items() if not row.tests]
        if missing:
            terminalreporter.write_line(f"not run: case {', '.join(missing)}")

    def lines(self) -> Iterator[str]:
        """Return the lines of a Markdown table, as in .github/FAULTS.md."""
        yield "| # | case | runs | events | lost | doubled | recovered in |"
        yield "|--:|---|--:|--:|--:|--:|--:|"
        for number, row in self.rows.items():
            if row.tests:
                tally = row.tally
                seconds = f"{tally.seconds:.1f} s" if tally.seconds else ""
                verdict = " FAILED" if row.failed else ""
                doubled = f"{tally.doubled}" + (f" *({tally.ambiguous})*" * bool(tally.ambiguous))
                yield (
                    f"| {number} | {CASES[number]}{verdict} | {tally.runs:,} | {tally.events:,}"
                    f" | {tally.lost} | {doubled} | {seconds} |"
                )


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--whole", action="store_true", help="the fault suite in full, with its table")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "case(number): the case of the fault suite that a test belongs to"
    )
    config.pluginmanager.register(Table(), "fault table")


@pytest.fixture
def whole(request: pytest.FixtureRequest) -> bool:
    """Return whether the suite runs in full (`make faults`) or in its short form (`make test`).

    Only the full suite checks recovery times against their limits: next to other tests they would measure how
    busy the machine is.
    """
    return bool(request.config.getoption("whole"))


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """Count the events, losses and duplicates of this test, for the row of its case."""
    counted = Tally()
    marker = request.node.get_closest_marker("case")
    assert marker is not None, "a test that uses `tally` must name its case: @pytest.mark.case(…)"
    yield counted
    request.node.user_properties.append((_PROPERTY, {"case": marker.args[0], **asdict(counted)}))
