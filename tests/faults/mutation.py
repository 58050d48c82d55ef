"""A line that protects the bot, with a broken version and the tests that must fail for it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """In the file at `path`, `original` becomes `broken`; then at least one of `tests` must fail."""

    case: int
    what: str
    path: str
    original: str
    broken: str
    tests: str
