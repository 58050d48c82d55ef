"""The page's buttons post what Juicebox would, and hostile input."""

from datetime import timedelta

import pytest
from pydantic_core import from_json

from bot.intake.envelope import parse_envelope
from bot.model import Notify, Policy
from bot.playground.payloads import UNKNOWN_TYPE, SamplePayloads, with_new_id
from bot.registry import load_registry
from tests.factories import NOW
from tests.renderers import SLACK_RENDERER

REGISTRY = load_registry()


@pytest.mark.parametrize("event_type", REGISTRY.types)
def test_there_is_a_sample_of_each_type(event_type: str) -> None:
    samples = SamplePayloads(REGISTRY)
    event = parse_envelope(samples.body(event_type, NOW), NOW)
    assert (event.type, event.timestamp) == (event_type, NOW)
    assert event.data == samples.data(NOW)[event_type]


def test_each_body_has_a_new_event_id() -> None:
    samples = SamplePayloads(REGISTRY)
    ids = {parse_envelope(samples.body("export.ready", NOW), NOW).id for _ in range(20)}
    assert len(ids) == 20


def test_the_unknown_type_has_no_handler() -> None:
    event = parse_envelope(SamplePayloads(REGISTRY).body("unknown", NOW), NOW)
    assert event.type == UNKNOWN_TYPE
    assert REGISTRY.get(event.type) is None


def test_the_hostile_payload_is_handled_and_its_markup_is_text() -> None:
    event = parse_envelope(SamplePayloads(REGISTRY).body("hostile", NOW), NOW)
    handler = REGISTRY.get(event.type)
    assert handler is not None
    [notify] = [i for i in handler.run(event, Policy()) if isinstance(i, Notify)]
    context = {**notify.context, "event": {"id": event.id, "type": event.type, "at": 0}}
    message = SLACK_RENDERER.render_template(
        notify.template, {**context, "audience": "recruiters", "thread": notify.thread}
    )
    assert "<!channel>" not in str(message.blocks)
    assert "&lt;!channel&gt;" in str(message.blocks)


def test_an_unknown_sample_is_refused() -> None:
    with pytest.raises(KeyError):
        SamplePayloads(REGISTRY).body("nonsense", NOW)


def test_a_typed_object_gets_a_new_id_and_timestamp() -> None:
    typed = '{"type": "export.ready", "id": "evt_old", "data": {"exportId": "x"}, "more": [1]}'
    later = NOW + timedelta(hours=1)
    given = from_json(with_new_id(typed, later))
    assert list(given) == ["id", "type", "timestamp", "data", "more"]
    assert given["id"] != "evt_old"
    assert given["timestamp"] == "2026-01-15T15:30:00.000+00:00"
    assert (given["type"], given["data"], given["more"]) == ("export.ready", {"exportId": "x"}, [1])


@pytest.mark.parametrize("typed", ["", "{", "[1]", '"text"', "null", "\ud7ff", '{"n": 1e999}'])
def test_anything_but_an_object_is_sent_unchanged(typed: str) -> None:
    assert with_new_id(typed, NOW) == typed.encode()
