"""`python -m tests.fuzz.fuzz envelope --seconds 60`: look for bytes that break a target, guided by coverage.

What reaches new code is kept in `tests/fuzz/corpus/<target>`, as few inputs as reach it all. An input
that breaks the target is kept there too, under the name that libFuzzer gives it: `make test` fails
with it until it is mended.
"""

import argparse
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import atheris

CORPUS = Path(__file__).parent / "corpus"
_LONGEST = 1_000
_OPTIONS = (f"-max_len={_LONGEST}", "-timeout=10", "-rss_limit_mb=1024")


def fuzz(target: str, seconds: int) -> int:
    """Fuzz for so long, and keep what was learned; the exit code of the fuzzer."""
    from tests.fuzz.seeds import seeds  # noqa: PLC0415  # it imports what is to be instrumented

    kept = CORPUS / target
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        found, fewest = Path(name) / "found", Path(name) / "fewest"
        found.mkdir()
        fewest.mkdir()
        for number, seed in enumerate(seeds()[target]):
            (found / f"seed-{number}").write_bytes(seed)
        ended = _run(
            target,
            f"-max_total_time={seconds}",
            f"-artifact_prefix={kept}/",
            *map(str, (found, kept)),
        )
        if ended == 0 and _run(target, "-merge=1", *map(str, (fewest, found, kept))) == 0:
            for old in kept.iterdir():
                if "-" not in old.name:  # not one that broke the target once
                    old.unlink()
            for new in fewest.iterdir():
                (kept / new.name).write_bytes(new.read_bytes())
    return ended


def _run(target: str, *options: str) -> int:
    """One run of libFuzzer, which ends the process that it runs in."""
    command = [*_itself(target), *_OPTIONS, *options]
    return subprocess.run(command, check=False).returncode  # noqa: S603  # ourselves, once more


def _itself(target: str) -> list[str]:
    return [sys.executable, "-m", "tests.fuzz.fuzz", target, "--"]


def run_here(target: str, options: list[str]) -> None:
    with atheris.instrument_imports(include=["bot", "json", "tests"]):
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415  # instrumented, hence here

    # To merge, libFuzzer runs its own command line again, by a shell.
    atheris.Setup([shlex.join(_itself(target)), *options], TARGETS[target])
    atheris.Fuzz()


def main() -> None:
    own, options = sys.argv[1:], None
    if "--" in own:
        at = own.index("--")
        own, options = own[:at], own[at + 1 :]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "target", nargs="?", help="all of them, one after the other, if none is named"
    )
    parser.add_argument("--seconds", type=int, default=60)
    asked = parser.parse_args(own)
    if options is not None:
        run_here(asked.target, options)
    from tests.fuzz.seeds import seeds  # noqa: PLC0415  # it imports what is to be instrumented

    for target in [asked.target] if asked.target else seeds():
        if code := fuzz(target, asked.seconds):
            sys.exit(code)


if __name__ == "__main__":
    main()
