"""One playground for all tests of a module, and a client of it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.running_playground import Visitor, playground, visiting


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with playground() as (address, _):
        yield address


@pytest.fixture
async def visitor(url: str) -> AsyncIterator[Visitor]:
    async with visiting(url) as client:
        await client.call("/failures", slack={"fault": "none"}, smtp={"fault": "none"})
        yield client
