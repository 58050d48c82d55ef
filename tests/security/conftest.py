"""The fixture `bot` of the fault suite."""

from tests.faults.conftest import bot

__all__ = ["bot"]
