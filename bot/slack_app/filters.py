"""Which filters a subscription can have, and how much can be typed at once."""

from bot.model.subscription import EVERYTHING, matches
from bot.slack_app.arguments import NotUnderstood, Parsed
from bot.slack_app.context import AppContext
from bot.slack_app.phrases import kinds

_MOST_TYPES = 20
_LONGEST_TYPE = 100
_LONGEST_QUERY = 200
_REASONS = {
    "query": "nobody types search words for it",
    "min": "it has no number of results or records",
}


def check_size(parsed: Parsed) -> None:
    """Check that the types and the words are few enough to be kept and shown.

    Raises:
        NotUnderstood: if not; says how many are possible.
    """
    if len(parsed.types) > _MOST_TYPES or any(len(t) > _LONGEST_TYPE for t in parsed.types):
        raise NotUnderstood(
            f"One command takes {_MOST_TYPES} types at most, of {_LONGEST_TYPE} characters each."
        )
    if len(parsed.query) > _LONGEST_QUERY:
        raise NotUnderstood(f"`query:` takes {_LONGEST_QUERY} characters at most.")


def check_filters(context: AppContext, parsed: Parsed) -> None:
    """Check that every type has what the filters compare.

    A name with `*` is for types that there may be one day, so all of those that there are must have it.

    Raises:
        NotUnderstood: if one has not; names it, and gives the reason.
    """
    typed = {"query": bool(parsed.query), "min": parsed.minimum is not None}
    for name in (name for name, is_given in typed.items() if is_given):
        for wanted in parsed.types:
            _check(context, wanted, name)


def _check(context: AppContext, wanted: str, name: str) -> None:
    handled = [t for t in context.filters if matches((wanted,), t)]
    if not handled:
        reason = f"I can't look into {wanted}: it is none of the types that I have a text for."
        raise NotUnderstood(f"`{name}:` does not work here. {reason}")
    lacking = [t for t in handled if name not in context.filters[t]]
    if lacking:
        among = "" if wanted == lacking[0] else f" {_among(wanted)}"
        able = [a for a, t in context.aliases.items() if name in context.filters[t]]
        raise NotUnderstood(
            f"`{name}:` does not work for {kinds(lacking[:1])}{among}: {_REASONS[name]}."
            f" It works for {' and '.join(f'`{a}`' for a in able)}."
        )


def _among(wanted: str) -> str:
    return "(which is part of everything)" if wanted == EVERYTHING else f"(which {wanted} includes)"
