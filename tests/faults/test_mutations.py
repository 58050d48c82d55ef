"""The mutations of `make faults-mutate` match the code and the tests."""

from pathlib import Path

import pytest

from tests.faults.mutation import Mutation
from tests.faults.mutations import MUTATIONS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.what)
def test_a_mutation_matches_one_place_and_names_existing_tests(mutation: Mutation) -> None:
    assert (ROOT / mutation.path).read_text().count(mutation.original) == 1
    path, _, name = mutation.tests.partition("::")
    assert name in (ROOT / path).read_text()
