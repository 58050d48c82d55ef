"""What the tests of security share with the fault suite: the whole bot in the test's loop."""

from tests.faults.conftest import bot

__all__ = ["bot"]
