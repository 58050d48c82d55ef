"""No target is broken by an input of the fuzzing corpus."""

from pathlib import Path

import pytest

from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"


@pytest.mark.parametrize("target", TARGETS)
def test_no_input_breaks_its_target(target: str) -> None:
    kept = [path.read_bytes() for path in sorted((CORPUS / target).iterdir())]
    assert kept
    for data in [b"", *seeds()[target], *kept]:
        TARGETS[target](data)


def test_the_corpus_is_small_and_its_files_are_named_by_hash() -> None:
    files = [path for path in CORPUS.rglob("*") if path.is_file()]
    assert len(files) < 300
    assert sum(path.stat().st_size for path in files) < 200_000
    assert all(len(path.name.rpartition("-")[2]) == 40 for path in files)
