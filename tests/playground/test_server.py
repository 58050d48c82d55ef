"""The whole playground: real processes, and everything that its page can do."""

import re

from tests.running_playground import Record, Visitor, states


def details(timeline: Record, what: str) -> list[str]:
    return [step["detail"] for step in timeline["steps"] if step["what"] == what]


async def test_the_timeline_has_every_step_of_an_event(visitor: Visitor) -> None:
    event_id = await visitor.send("export.ready")
    timeline = await visitor.timeline(
        event_id, lambda t: [s["what"] for s in t["steps"]].count("sent") == 2
    )
    steps = [step["what"] for step in timeline["steps"]]
    assert steps[:5] == ["posted", "received", "verified", "queued", "handled"]
    for where in ("#recruiting", "recruiter@example.com"):
        lane = [step["what"] for step in timeline["steps"] if step["where"] == where]
        assert lane == ["sending", "arrived", "sent"]
    moments = [step["at"] for step in timeline["steps"]]
    assert moments == sorted(moments)
    assert timeline["sent_at"] == moments[0]
    message = await visitor.until(lambda r: r["kind"] == "message" and r["event_id"] == event_id)
    assert (message["channel"], message["bot"]) == ("C0RECRUIT", True)
    mail = await visitor.until(lambda r: r["kind"] == "mail" and r["event_id"] == event_id)
    assert mail["to"] == ["recruiter@example.com"]
    assert ["List-ID", "<recruiters.juicebox-bot.example.com>"] in mail["headers"]


async def test_a_mail_is_sandboxed_in_either_scheme(visitor: Visitor) -> None:
    await visitor.send("search.completed")
    n = (await visitor.now("mail"))["n"]
    light = await visitor.http.get(f"/mails/{n}.html?scheme=light")
    dark = await visitor.http.get(f"/mails/{n}.html?scheme=dark")
    assert "prefers-color-scheme: dark" not in light.text
    assert light.text != dark.text
    assert light.headers["content-security-policy"].startswith("sandbox allow-popups")
    assert "allow-scripts" not in light.headers["content-security-policy"]
    raw = await visitor.http.get(f"/mails/{n}.eml")
    assert raw.headers["content-type"].startswith("text/plain")
    assert "Message-ID: <dlv_" in raw.text
    assert (await visitor.http.get("/mails/9999.html")).status_code == 404


async def test_a_duplicate_notifies_once(visitor: Visitor) -> None:
    event_id = await visitor.send("search.completed")
    await visitor.timeline(event_id, lambda t: states(t) == {"sent"})
    assert await visitor.send("duplicate") == event_id
    timeline = await visitor.timeline(
        event_id, lambda t: [s["what"] for s in t["steps"]].count("posted") == 2
    )
    assert [s["what"] for s in timeline["steps"]].count("arrived") == 2
    assert [s["what"] for s in timeline["steps"]].count("received") == 1
    again = details(timeline, "posted")[1]
    assert again.startswith("duplicate received, nothing sent again: answered 200 after ")


async def test_a_bad_signature_is_refused(visitor: Visitor) -> None:
    n = (await visitor.call("/send", what="bad_signature"))["n"]
    response = await visitor.until(lambda r: r["kind"] == "response" and r["n"] == n)
    assert (response["status"], response["body"]) == (401, '{"error":"Invalid signature"}')


async def test_an_unknown_type_is_stored_and_notifies_nobody(visitor: Visitor) -> None:
    event_id = await visitor.send("unknown")
    timeline = await visitor.timeline(event_id, lambda t: t["state"] == "unhandled")
    assert timeline["deliveries"] == []
    assert timeline["steps"][-1]["what"] == "no handler"


async def test_a_rate_limit_delays_the_message_and_uses_no_attempt(visitor: Visitor) -> None:
    await visitor.call("/failures", slack={"fault": "429", "for": 1})
    event_id = await visitor.send("key.rotated")
    arrived = await visitor.timeline(event_id, lambda t: states(t) == {"sent"})
    lane = [s["what"] for s in arrived["steps"] if s["where"] == "#juicebox-alerts"]
    assert lane == ["sending", "retrying", "arrived", "sent"]
    assert re.fullmatch(
        r"rate limited, waits 3 s, uses no attempt \(.*\)", details(arrived, "retrying")[0]
    )
    assert [d["attempts"] for d in arrived["deliveries"]] == [1, 1]
    failures = await visitor.now("failures")
    assert failures["slack"] == {"fault": "none", "remaining": 0}


async def test_a_lost_reply_posts_nothing_twice(visitor: Visitor) -> None:
    await visitor.call("/failures", slack={"fault": "lost_reply", "for": 1})
    event_id = await visitor.send("search.completed")
    timeline = await visitor.timeline(event_id, lambda t: states(t) == {"sent"})
    lane = [s["what"] for s in timeline["steps"] if s["where"] == "#recruiting"]
    assert lane == ["sending", "arrived", "retrying", "sending", "sent"]
    assert "found in the channel, not posted again" in details(timeline, "sent")


async def test_a_dead_letter_is_retried_on_request(visitor: Visitor) -> None:
    await visitor.call("/failures", smtp={"fault": "550", "for": None})
    assert (await visitor.now("failures"))["smtp"] == {"fault": "550", "remaining": None}
    await visitor.call("/failures", smtp={"fault": "550", "for": 1})
    event_id = await visitor.send("search.completed")
    dead = await visitor.timeline(event_id, lambda t: t["dead"])
    [failed] = [d for d in dead["deliveries"] if d["state"] == "failed"]
    assert failed["where"] == "recruiter@example.com"
    lines = (await visitor.call("/retry", id=event_id))["lines"]
    assert lines == [f"{failed['id']}: is sent again to email:recruiter@example.com"]
    await visitor.timeline(event_id, lambda t: not t["dead"] and states(t) == {"sent"})


async def test_the_worker_can_be_stopped_killed_and_started(visitor: Visitor) -> None:
    await visitor.call("/failures", worker="stopped")
    assert (await visitor.now("failures"))["worker"] == "stopped"
    event_id = await visitor.send("search.completed")
    waiting = await visitor.timeline(event_id, lambda _: True)
    assert waiting["state"] == "accepted"
    await visitor.call("/failures", worker="running")
    await visitor.timeline(event_id, lambda t: states(t) == {"sent"})
    await visitor.call("/failures", worker="killed")
    assert (await visitor.now("failures"))["worker"] == "running"
    event_id = await visitor.send("search.completed")
    await visitor.timeline(event_id, lambda t: states(t) == {"sent"})


async def test_an_accepted_event_survives_a_restart_of_redis(visitor: Visitor) -> None:
    await visitor.call("/failures", worker="stopped")
    event_id = await visitor.send("search.completed")
    await visitor.call("/failures", redis="stopped")
    await visitor.call("/failures", redis="running", worker="running")
    timeline = await visitor.timeline(event_id, lambda t: states(t) == {"sent"})
    assert [step["what"] for step in timeline["steps"]].count("received") == 1


async def test_an_event_that_could_not_be_stored_is_retried_and_arrives_once(
    visitor: Visitor,
) -> None:
    await visitor.call("/failures", redis="stopped")
    n = (await visitor.call("/send", what="search.completed"))["n"]
    refused = await visitor.until(lambda r: r["kind"] == "response" and r["n"] == n)
    assert refused["status"] == 503
    assert refused["retry_in_s"] == 5
    assert (await visitor.refused("/retry", id="evt_1"))[0] == 409
    await visitor.call("/failures", redis="running")
    timeline = await visitor.timeline(refused["event_id"], lambda t: states(t) == {"sent"})
    steps = [step["what"] for step in timeline["steps"]]
    refused_first = steps[: steps.index("received")]
    assert len(refused_first) >= 2
    assert set(refused_first) == {"posted"}
    assert steps.count("arrived") == 2
