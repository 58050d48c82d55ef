"""Coverage-guided fuzzing: `python -m tests.fuzz.fuzz envelope --seconds 60`.

A minimal set of inputs that reach all covered code is kept in `tests/fuzz/corpus/<target>`. An
input that breaks the target is kept there too, under the name that libFuzzer gives it: `make test`
fails until the target is fixed.
"""

import argparse
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import atheris

CORPUS = Path(__file__).parent / "corpus"
_MAX_LENGTH = 1_000
_OPTIONS = (f"-max_len={_MAX_LENGTH}", "-timeout=10", "-rss_limit_mb=1024")


def fuzz(target: str, seconds: int) -> int:
    """Fuzz for that long and update the corpus; return the exit code of the fuzzer."""
    from tests.fuzz.seeds import seeds  # noqa: PLC0415 - it imports code to be instrumented

    kept = CORPUS / target
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        found, minimal = Path(name) / "found", Path(name) / "minimal"
        found.mkdir()
        minimal.mkdir()
        for number, seed in enumerate(seeds()[target]):
            (found / f"seed-{number}").write_bytes(seed)
        exit_code = _run(
            target,
            f"-max_total_time={seconds}",
            f"-artifact_prefix={kept}/",
            *map(str, (found, kept)),
        )
        if exit_code == 0 and _run(target, "-merge=1", *map(str, (minimal, found, kept))) == 0:
            for old in kept.iterdir():
                if "-" not in old.name:  # keep those that broke the target
                    old.unlink()
            for new in minimal.iterdir():
                (kept / new.name).write_bytes(new.read_bytes())
    return exit_code


def _run(target: str, *options: str) -> int:
    """Run libFuzzer in a process of its own, which it ends."""
    command = [*_command_line(target), *_OPTIONS, *options]
    return subprocess.run(command, check=False).returncode  # noqa: S603 - this module


def _command_line(target: str) -> list[str]:
    return [sys.executable, "-m", "tests.fuzz.fuzz", target, "--"]


def run_here(target: str, options: list[str]) -> None:
    with atheris.instrument_imports(include=["bot", "json", "tests"]):
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415 - imported with instrumentation

    # libFuzzer runs this command line again, in a shell, to merge corpora.
    atheris.Setup([shlex.join(_command_line(target)), *options], TARGETS[target])
    atheris.Fuzz()


def main() -> None:
    own, options = sys.argv[1:], None
    if "--" in own:
        at = own.index("--")
        own, options = own[:at], own[at + 1 :]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "target", nargs="?", help="one target; default: all of them, one after the other"
    )
    parser.add_argument("--seconds", type=int, default=60)
    asked = parser.parse_args(own)
    if options is not None:
        run_here(asked.target, options)
    from tests.fuzz.seeds import seeds  # noqa: PLC0415 - it imports code to be instrumented

    for target in [asked.target] if asked.target else seeds():
        if code := fuzz(target, asked.seconds):
            sys.exit(code)


if __name__ == "__main__":
    main()
