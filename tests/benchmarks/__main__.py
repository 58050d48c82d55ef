"""`make bench`: compares the bot with its peers, each on a Redis of its own."""

import asyncio
import gc
import json
import os
import platform
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import uvloop

from bot.fakes.redis_server import find_redis_server
from tests.benchmarks import production
from tests.benchmarks.ceiling import ceiling
from tests.benchmarks.counts import FULL, QUICK, Counts
from tests.benchmarks.node_peers import FOLDER, NotInstalled, install
from tests.benchmarks.picture import picture
from tests.benchmarks.results import Results, run
from tests.benchmarks.rows import GROWTH, rows
from tests.benchmarks.services import Service, bot, peers
from tests.benchmarks.table import as_json, as_text

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--rows", "names", default="", help="Only these rows, comma-separated.")
@click.option("--quick", is_flag=True, help="Small counts: a few seconds for each row.")
@click.option("--no-peers", is_flag=True, help="Measure the bot alone.")
@click.option(
    "--json",
    "json_path",
    type=_FILE,
    default=FOLDER / "latest.json",
    help="Where to write all figures.",
)
@click.option(
    "--svg", "svg_path", type=_FILE, default=FOLDER / "latest.svg", help="Where to draw them."
)
def main(*, names: str, quick: bool, no_peers: bool, json_path: Path, svg_path: Path) -> None:
    """Measure the bot and its peers, and print a table.

    Exits with 1 if anything broke; a slow figure is no failure.
    """
    counts = QUICK if quick else FULL
    chosen = _chosen(names, counts)
    services = [bot(_interpreter()), *([] if no_peers else _peers())]
    machine = describe_machine()
    results = _run(chosen, services, counts, machine)
    click.echo(f"\n{as_text(results)}")
    found = as_json(results, counts, machine)
    json_path.parent.mkdir(exist_ok=True)
    json_path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    svg_path.write_text(picture(found))
    click.echo(f"\nwritten: {json_path} and {svg_path}")
    sys.exit(1 if results.problems else 0)


def _chosen(names: str, counts: Counts) -> set[str]:
    known = {*(row.name for row in rows(counts)), GROWTH}
    chosen = {name.strip() for name in names.split(",") if name.strip()} or known
    if unknown := chosen - known:
        raise click.BadParameter(f"no such row: {', '.join(unknown)}; there are {sorted(known)}")
    return chosen


def _interpreter() -> str:
    try:
        return production.python()
    except NotInstalled as reason:
        click.echo(reason, err=True)
        return sys.executable


def _peers() -> list[Service]:
    try:
        return peers(install())
    except NotInstalled as reason:
        click.echo(reason, err=True)
        return peers(None)


def _run(
    chosen: set[str], services: list[Service], counts: Counts, machine: dict[str, Any]
) -> Results:
    """Run the rows; SIGTERM and SIGHUP end them as Ctrl-C does, with all that they started."""
    selected = [row for row in rows(counts) if row.name in chosen]
    started = time.monotonic()

    def say(text: str) -> None:
        click.echo(f"{time.monotonic() - started:5.0f} s  {text}", err=True)

    async def measure() -> Results:
        task = asyncio.current_task()
        assert task is not None
        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        machine["generator_per_second"] = round(await ceiling())
        say(
            f"the load generator alone sends {machine['generator_per_second']:,} requests per second"
        )
        return await run(selected, services, counts, say, with_growth=GROWTH in chosen)

    gc.freeze()
    gc.disable()  # a collection would count as latency of whatever is measured
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(measure())
    except (KeyboardInterrupt, asyncio.CancelledError):
        click.echo("stopped", err=True)
        sys.exit(130)


def describe_machine() -> dict[str, Any]:
    """Return what the figures depend on; the load average is that before anything was started."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load_average": [round(value, 2) for value in os.getloadavg()],
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "redis": _version(str(find_redis_server())),
        "node": _version("node"),
    }


def _version(command: str) -> str | None:
    try:
        ran = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)  # noqa: S603 - a fixed command line
    except OSError:
        return None
    return ran.stdout.strip()


if __name__ == "__main__":
    main()
