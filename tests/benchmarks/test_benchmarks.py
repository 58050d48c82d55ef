"""The benchmark measures real processes of the bot: these tests assert counts, and never a time."""

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from tests.benchmarks.__main__ import main
from tests.benchmarks.counts import QUICK, RateLimited
from tests.benchmarks.node_peers import NotInstalled, install
from tests.benchmarks.picture import picture
from tests.benchmarks.results import Results, RowResult, run
from tests.benchmarks.rows import GROWTH, Aim, Row, rows
from tests.benchmarks.services import bot, peers
from tests.benchmarks.speed import Figures, percentile
from tests.benchmarks.table import as_json, as_text, number
from tests.benchmarks.webhooks import BODY_BYTES, MARK, webhooks

MACHINE = {"cores": 2, "python": "3.11.7", "redis": "Redis server v=7.0.15", "node": None}
TINY = replace(
    QUICK,
    warm_up=3,
    intake=40,
    latency=10,
    backlog=20,
    backlog_seconds=60,
    kept=20,
    idle_seconds=1,
    rate_limited=(RateLimited(3, 1),),
    levels=(24, 48),
    level_events=8,
    level_latency=4,
    commands=2,
    fill_seconds=60,
    workers_backlog=10,
)


def medians(found: dict[str, Any], row: str) -> dict[str, float]:
    return {key: one["median"]["bot"] for key, one in found["rows"][row]["figures"].items()}


async def test_every_row_is_measured_on_real_processes() -> None:
    results = await run(rows(TINY), [bot()], TINY, lambda _: None, with_growth=False)
    assert results.problems == {}
    found = as_json(results, TINY, MACHINE)
    assert list(found["rows"]) == [row.name for row in rows(TINY)]
    assert all(
        median is not None and median >= 0
        for row in found["rows"]
        for median in medians(found, row).values()
    )
    assert medians(found, "backlog")["delivered"] == TINY.backlog
    limited = medians(found, "rate-limit")
    assert limited["delivered_3"] + limited["waiting_3"] == 3
    assert limited["lost_3"] == 0
    ET.fromstring(picture(found))  # noqa: S314 - our own


async def test_growth_is_measured_at_every_level() -> None:
    results = await run([], [bot()], TINY, lambda _: None)
    assert results.problems == {}
    found = as_json(results, TINY, MACHINE)
    assert [level["kept"] for level in found["growth"]["levels"]] == [24, 48]
    assert [level["workers"] for level in found["growth"]["workers"]] == [1, 2]
    ET.fromstring(picture(found))  # noqa: S314 - our own


async def test_a_row_that_breaks_does_not_end_the_others() -> None:
    async def breaks(*_: object) -> Figures:
        raise OSError("no more processes")

    async def works(*_: object) -> Figures:
        return {"seconds": 1.0}

    broken, row = (
        Row(name, measure, rows(TINY)[0].figures)
        for name, measure in (("broken", breaks), ("works", works))
    )
    results = await run([broken, row], [bot()], TINY, lambda _: None, with_growth=False)
    assert results.problems == {"broken": "OSError no more processes"}
    assert results.rows[1].runs == {"bot": [{"seconds": 1.0}]}


async def test_nothing_is_started_when_the_time_is_up() -> None:
    late = replace(TINY, total_seconds=0)
    results = await run(rows(late), [bot()], late, lambda _: None)
    assert results.skipped == [*(row.name for row in rows(late)), GROWTH]
    assert results.problems == {}
    assert as_text(results)


def test_the_table_shows_medians_ratios_and_aims() -> None:
    row = rows(TINY)[1]
    result = RowResult(row)
    services = [bot(), *peers(None)]
    result.runs = {
        "bot": [{"per_second": value} for value in (8_000.0, 1.0, 12_000.0)],
        "bullmq": [{"per_second": 10_000.0}],
    }
    text = as_text(Results(services, [result]))
    line = next(line for line in text.splitlines() if "webhooks accepted" in line)
    assert line.split()[-5:] == ["-", "0.8", "≥", "1.1:", "missed"]
    assert "8,000" in line


def test_an_aim_is_a_bound() -> None:
    assert Aim(at_least=1.1).is_met(1.1)
    assert not Aim(at_least=1.1).is_met(1.09)
    assert Aim(at_most=2).is_met(2)
    assert not Aim(at_most=2).is_met(2.01)


def test_webhooks_differ_in_their_number_alone() -> None:
    requests = webhooks(7, 3)
    bodies = [request.partition(b"\r\n\r\n")[2] for request in requests]
    assert {len(body) for body in bodies} == {BODY_BYTES}
    assert [int(MARK.findall(body)[0]) for body in bodies] == [7, 8, 9]


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(value) for value in range(100)]
    assert percentile(values, 0.99) == 99
    assert percentile(values[:1], 0.99) == 0


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), (3.0, "3"), (9_450.4, "9,450"), (0.389, "0.389")]
)
def test_numbers_are_short(value: float | None, text: str) -> None:
    assert number(value) == text


def test_an_unknown_row_is_refused_with_the_names_of_all() -> None:
    result = CliRunner().invoke(main, ["--rows", "intake,speed"])
    assert result.exit_code == 2
    assert "no such row: speed" in result.output
    assert all(row.name in result.output for row in rows(QUICK))


def test_without_node_the_other_peer_remains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotInstalled, match="node and npm are not installed"):
        install()
    assert [peer.name for peer in peers(None)] == ["arq"]
