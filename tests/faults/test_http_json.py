"""Signed JSON that is meant to break parsers, handlers or templates."""

import json
from typing import Any

import pytest

from bot.model import EventState
from tests.app import envelope
from tests.faults.deployment import Deployment
from tests.faults.tally import Tally
from tests.stored_events import read

TEMPLATE_SYNTAX = "{{ 7*7 }} {% raw %} ${7*7} #{7*7} <%= 7 %> %s {0} {{ ''.__class__.__mro__ }}"
MARKUP = (
    "<!channel> <@U1|x> *b* `c` </script><img src=x onerror=alert(1)> & &amp; \u202e\u0000\ufeff"
)
TYPES = ("search.completed", "export.ready", "quota.warning", "key.rotated", "profile.enriched")


def raw(data: str = '{"searchId": "s", "resultCount": 1}', more: str = "") -> bytes:
    """Return an envelope with `data` and `more` as raw JSON, which `json` would not produce."""
    return envelope("@id", x="@data").replace(b'{"x": "@data"}', data.encode() + more.encode())


def with_data(**data: Any) -> bytes:
    return envelope("@id", **data)


REFUSED = {
    "200 levels and more": raw('{"a":' * 300 + "1" + "}" * 300),
    "100,000 levels": raw('{"searchId": ' + "[" * 100_000 + "]" * 100_000 + "}"),
    "an integer of 5,000 digits": raw('{"searchId": ' + "9" * 5_000 + "}"),
    "a lone surrogate": raw('{"searchId": "\\ud800", "resultCount": 1}'),
    "NaN": raw('{"searchId": "s", "resultCount": NaN}'),
    "infinity": raw('{"searchId": "s", "resultCount": -Infinity}'),
    "a byte order mark": b"\xef\xbb\xbf" + raw(),
    "UTF-16": raw().decode().encode("utf-16"),
    "bytes that are no UTF-8": raw().replace(b'"s"', b'"\xff\xfe"'),
    "truncated JSON": raw()[:-10],
    "more after the object": raw() + b"{}",
    "an empty body": b"",
    "a list": b"[" + raw() + b"]",
    "a string": b'"evt"',
    "an id of 201 characters": raw().replace(b"@id", b"i" * 201),
    "an id that is a fraction": raw().replace(b'"@id"', b"1.5"),
    "an id that is true": raw().replace(b'"@id"', b"true"),
    "an id of white space": raw().replace(b"@id", b" \\n\\t "),
    "data as a list": raw("[]"),
    "data as null": raw("null"),
    "data twice, the second no object": raw(more=', "data": 5'),
    "a year above 9999 in UTC": raw(more=', "timestamp": "9999-12-31T23:59:59-23:59"'),
    "an infinite timestamp": raw(more=', "timestamp": 1e400'),
    "a timestamp in microseconds": raw(more=', "timestamp": 1768487400123456'),
}

ACCEPTED = {
    "1e308": raw('{"searchId": "s", "resultCount": 1e308}'),
    "1e400": raw('{"searchId": "s", "resultCount": 1e400, "query": 1e400}'),
    "1e400 for an amount": raw('{"usage": 1e400, "limit": -1e400}').replace(
        b"search.completed", b"quota.warning"
    ),
    "1e400 for a field": raw('{"profileId": "p", "fields": [1e400, {"a": 1e400}]}').replace(
        b"search.completed", b"profile.enriched"
    ),
    "an integer of 4,000 digits": raw('{"searchId": ' + "9" * 4_000 + ', "resultCount": 1}'),
    "a huge count": raw('{"searchId": "s", "resultCount": 999999999999999999999}'),
    "minus zero": raw('{"searchId": "s", "resultCount": -0}'),
    "a float for a count": raw('{"searchId": "s", "resultCount": 1.5}'),
    "a count as text": raw('{"searchId": "s", "resultCount": "1204"}'),
    "a tiny limit": raw('{"usage": 1, "limit": 1e-320}').replace(
        b"search.completed", b"quota.warning"
    ),
    "a timestamp of null": raw(more=', "timestamp": null'),
    "both spellings": raw('{"searchId": "s", "search_id": {}, "resultCount": 1}'),
    "true for a count": raw('{"searchId": "s", "resultCount": true}'),
    "NUL in a string": raw('{"searchId": "a\\u0000b", "resultCount": 1}'),
    "keys with a meaning in Python": raw(
        '{"searchId": "s", "resultCount": 1, "__proto__": {"a": 1}, "__class__": "x", "self": 1}'
    ),
    "10,000 keys": with_data(searchId="s", resultCount=1, **{f"k{n}": n for n in range(10_000)}),
    "a key twice": raw('{"searchId": "a", "searchId": "b", "resultCount": 1}'),
    "150 levels": raw('{"searchId": "s", "resultCount": 1, "x": ' + "[" * 150 + "]" * 150 + "}"),
    "a string of 200,000": with_data(searchId="s", resultCount=1, query="ÿ" * 30_000),
    "an id with line feeds": raw().replace(b"@id", b"@id\\nevt=forged\\r\\nlevel=critical"),
    "an id like a key of Redis": raw().replace(b"@id", b"@id:*:{evt}:deliveries"),
    "an id of 200 characters": raw().replace(b"@id", "é".encode() * 190 + b"@id"),
    "an id of template syntax": raw().replace(b"@id", b"@id {{ 7*7 }} <!channel>"),
    "a type of template syntax": raw().replace(b"search.completed", b"{{ 7*7 }}<!here>"),
    "a type like a path": raw().replace(b"search.completed", b"../../_base"),
    **{f"no documented field in {kind}": envelope("@id", kind, x=1) for kind in TYPES},
}

HOSTILE_TEXT = {
    f"{name} in {kind}": envelope(
        "@id",
        kind,
        **dict.fromkeys(
            ("searchId", "query", "exportId", "newKeyPrefix", "profileId", "source"), text
        ),
        resultCount=1,
        downloadUrl="https://example.com/?" + text.split()[0],
        usage=9,
        limit=10,
        resetDate=text,
        fields=[text, text],
    )
    for kind in TYPES
    for name, text in (("template syntax", TEMPLATE_SYNTAX), ("markup", MARKUP))
}


@pytest.mark.case(8)
async def test_invalid_json_is_refused(deployment: Deployment, tally: Tally) -> None:
    async with deployment.web() as web:
        answers = {
            name: (await web.receive(body.replace(b"@id", b"evt"))).status_code
            for name, body in REFUSED.items()
        }
        assert set(answers.values()) == {400}, answers
        assert await deployment.store.events.get("evt") is None
    tally.run(len(REFUSED))


@pytest.mark.case(8)
async def test_whatever_is_accepted_is_processed_without_an_error(
    deployment: Deployment, tally: Tally
) -> None:
    sent = {
        name: body.replace(b"@id", f"evt_{number}".encode())
        for number, (name, body) in enumerate({**ACCEPTED, **HOSTILE_TEXT}.items())
    }
    async with deployment.web() as web, deployment.worker() as worker:
        answers = {name: (await web.receive(body)).status_code for name, body in sent.items()}
        assert set(answers.values()) == {200}, answers
        ids = [json.loads(body)["id"] for body in sent.values()]
        await deployment.settled(ids)
        for fault in ("job failed", "sender failed", "handler failed", "level=error"):
            assert fault not in worker.log()
        await tally.audit(deployment, ids, runs=len(sent))
        states = {(await read(deployment.store, event_id)).state for event_id in ids}
        assert states == {EventState.HANDLED, EventState.DEAD, EventState.UNHANDLED}
        lines = [*worker.log().splitlines(), *web.log().splitlines()]
        assert [line for line in lines if not line.startswith("timestamp=")] == []
    texts = [post.text for post in deployment.slack.posts]
    assert not [text for text in texts if "<!channel>" in text or " 49 " in text]
