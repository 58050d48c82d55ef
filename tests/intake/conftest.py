"""Fixtures shared with the fault suite: real processes."""

from tests.faults.conftest import deployment

__all__ = ["deployment"]
