"""What `make faults-mutate` breaks is there to be broken."""

from pathlib import Path

import pytest

from tests.faults.mutations import MUTATIONS, Mutation

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.what)
def test_a_mutation_names_one_place_and_tests_that_exist(mutation: Mutation) -> None:
    assert (ROOT / mutation.path).read_text().count(mutation.whole) == 1
    path, _, name = mutation.tests.partition("::")
    assert name in (ROOT / path).read_text()
