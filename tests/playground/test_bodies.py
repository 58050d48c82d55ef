"""The buttons of the page post what Juicebox would, and worse."""

from datetime import timedelta

import pytest
from pydantic_core import from_json

from bot.intake.envelope import parse_envelope
from bot.model import Notify, Policy
from bot.playground.bodies import UNKNOWN_TYPE, Bodies, renewed
from bot.registry import load_registry
from tests.factories import NOW
from tests.renderers import SLACK_RENDERER

REGISTRY = load_registry()


@pytest.mark.parametrize("event_type", REGISTRY.types)
def test_there_is_a_sample_of_each_type(event_type: str) -> None:
    bodies = Bodies(REGISTRY)
    event = parse_envelope(bodies.body(event_type, NOW), NOW)
    assert (event.type, event.timestamp) == (event_type, NOW)
    assert event.data == bodies.data(NOW)[event_type]


def test_each_body_is_of_another_event() -> None:
    bodies = Bodies(REGISTRY)
    ids = {parse_envelope(bodies.body("export.ready", NOW), NOW).id for _ in range(20)}
    assert len(ids) == 20


def test_no_handler_knows_the_unknown_type() -> None:
    event = parse_envelope(Bodies(REGISTRY).body("unknown", NOW), NOW)
    assert event.type == UNKNOWN_TYPE
    assert REGISTRY.get(event.type) is None


def test_the_hostile_payload_is_handled_and_its_markup_is_text() -> None:
    event = parse_envelope(Bodies(REGISTRY).body("hostile", NOW), NOW)
    handler = REGISTRY.get(event.type)
    assert handler is not None
    [told] = [i for i in handler.run(event, Policy()) if isinstance(i, Notify)]
    context = {**told.context, "event": {"id": event.id, "type": event.type, "at": 0}}
    message = SLACK_RENDERER.render_template(told.template, {**context, "audience": "recruiters"})
    assert "<!channel>" not in str(message.blocks)
    assert "&lt;!channel&gt;" in str(message.blocks)


def test_a_sample_that_there_is_not_is_refused() -> None:
    with pytest.raises(KeyError):
        Bodies(REGISTRY).body("nonsense", NOW)


def test_what_was_typed_gets_a_new_id_and_the_time_of_now() -> None:
    typed = '{"type": "export.ready", "id": "evt_old", "data": {"exportId": "x"}, "more": [1]}'
    later = NOW + timedelta(hours=1)
    given = from_json(renewed(typed, later))
    assert list(given) == ["id", "type", "timestamp", "data", "more"]
    assert given["id"] != "evt_old"
    assert given["timestamp"] == "2026-01-15T15:30:00.000+00:00"
    assert (given["type"], given["data"], given["more"]) == ("export.ready", {"exportId": "x"}, [1])


@pytest.mark.parametrize("typed", ["", "{", "[1]", '"text"', "null", "\ud7ff", '{"n": 1e999}'])
def test_what_is_no_object_is_sent_as_it_was_typed(typed: str) -> None:
    assert renewed(typed, NOW) == typed.encode()
