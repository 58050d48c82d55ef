"""Which filters a subscription can have, and how many there can be of everything."""

from collections.abc import Mapping

from bot.model import choices
from bot.model.subscription import Place, Subscription, matches
from bot.slack_app.arguments import NotUnderstood, Parsed

Filters = Mapping[str, frozenset[str]]
"""The filters of each type of event that has a handler."""
LONGEST_QUERY = 200
_MOST_RULES = 50
"""For each place: more could not be listed in one answer."""
_MOST_TYPES = 20
_LONGEST_TYPE = 100


def check_size(parsed: Parsed) -> None:
    """Check that the types and the words are few enough to be kept and shown.

    Raises:
        NotUnderstood: if not; says how many are possible.
    """
    if len(parsed.types) > _MOST_TYPES or any(len(t) > _LONGEST_TYPE for t in parsed.types):
        raise NotUnderstood(
            f"One command takes {_MOST_TYPES} types at most, of {_LONGEST_TYPE} characters each."
        )
    if len(parsed.query) > LONGEST_QUERY:
        raise NotUnderstood(f"`query:` takes {LONGEST_QUERY} characters at most.")


def add_rule(place: Place, rule: Subscription) -> Place:
    """Add the rule to a place.

    Raises:
        NotUnderstood: if the place has as many as it can have.
    """
    changed = choices.subscribe(place, rule)
    if sum(not rule.follows for rule in changed.subscriptions) > _MOST_RULES:
        raise NotUnderstood(
            f"There are {_MOST_RULES} subscriptions here already, which is the most."
            " `/juicebox subscriptions` lists them, and `/juicebox unsubscribe 1` removes the first."
        )
    return changed


def lacking(filters: Filters, wanted: str, name: str) -> list[str]:
    """Return the types of this name, which may contain `*`, that cannot have the filter."""
    return [t for t, has in filters.items() if matches((wanted,), t) and name not in has]


def having(filters: Filters, name: str) -> list[str]:
    """Return the types that can have the filter."""
    return sorted(t for t, has in filters.items() if name in has)
