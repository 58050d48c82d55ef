"""`preview` shows the messages of an event on every transport."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.model import Policy
from bot.registry import Registry, load_registry
from tests.app import MakeSettings
from tests.commands.conftest import Cli


@pytest.fixture(autouse=True)
def no_environment(make_settings: MakeSettings) -> None:
    """Remove all settings: `make_settings` does, and is not called."""


@pytest.mark.parametrize("event_type", load_registry().types)
async def test_every_type_is_shown_on_every_transport(cli: Cli, event_type: str) -> None:
    result = await cli("preview", event_type)
    assert result.exit_code == 0
    assert "╭ Slack to a channel\n" in result.output
    assert "╭ Mail to someone@example.com\n" in result.output
    assert " · Event evt_" in result.output


async def test_the_samples_link_has_not_expired(cli: Cli) -> None:
    result = await cli("preview", "export.ready")
    assert "[ Download ] https://exports.example.com/" in result.output
    assert "The link expires in 7 days" in result.output


async def test_records_are_shown(cli: Cli) -> None:
    result = await cli("preview", "export.ready")
    assert 'Kept as export exp_5t7h1q: {"downloadUrl": "https://' in result.output
    assert "subscribed" not in result.output


async def test_notifications_for_subscribers_only_are_marked(cli: Cli) -> None:
    result = await cli("preview", "profile.enriched")
    assert "Sent only to those who have subscribed to it.\n" in result.output


async def test_an_event_without_notifications_says_so(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "quota.json"
    file.write_text('{"usage": 80, "limit": 100}')
    result = await cli("preview", "quota.warning", "--data", str(file))
    assert result.output.startswith("Nobody is notified of this event.\nKept as quota ")


async def test_a_file_replaces_the_sample(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    data = {"searchId": "srch_mine", "resultCount": 1, "query": "a\x1b[2Jb"}
    file.write_text(json.dumps({"id": "evt_mine", "type": "search.completed", "data": data}))
    result = await cli("preview", "search.completed", "--data", str(file))
    assert "1 candidate found" in result.output
    assert "evt_mine" in result.output
    assert all(line.isprintable() for line in result.output.split("\n"))


async def test_data_that_does_not_fit_says_why(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "data.json"
    file.write_text("{}")
    result = await cli("preview", "search.completed", "--data", str(file))
    assert result.exit_code == 1
    assert result.output == (
        "juicebox-bot: data.searchId is missing; data.resultCount is missing\n"
    )


async def test_the_messages_are_written_to_files(cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"
    result = await cli("preview", "search.completed", "--out", str(out))
    names = ["slack.json", "subject.txt", "body.txt", "body.html"]
    assert result.output.splitlines() == [str(out / name) for name in names]
    message = json.loads((out / "slack.json").read_text(encoding="utf-8"))
    assert message.keys() == {"text", "blocks"}
    assert (out / "subject.txt").read_text(encoding="utf-8").startswith("Search completed: 1,204 ")
    assert "1,204 candidates found\n" in (out / "body.txt").read_text(encoding="utf-8")
    assert "</html>" in (out / "body.html").read_text(encoding="utf-8")


async def test_several_notifications_get_a_folder_each(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = load_registry().get("search.completed")
    assert known

    def twice(event: object, data: object, policy: Policy) -> list[object]:
        return known.handle(event, data, policy) * 2

    handler = replace(known, handle=twice)
    monkeypatch.setattr(
        "bot.commands.sample.load_registry", lambda: Registry({known.type: handler})
    )
    result = await cli("preview", "search.completed", "--out", str(tmp_path))
    assert result.exit_code == 0
    assert (tmp_path / "1" / "slack.json").exists()
    assert (tmp_path / "2" / "body.html").exists()


async def test_an_unknown_type_lists_the_known_ones(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "data.json"
    file.write_text("{}")
    for args in ([], ["--data", str(file)]):
        result = await cli("preview", "brand.new", *args)
        assert result.exit_code == 2
        assert "no handler knows brand.new; there are: export.ready, " in result.output


async def test_an_event_of_another_dialect_is_previewed_as_ours(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text('{"analysis_id": "ana_1", "result_count": "3"}')
    result = await cli("preview", "analysis.completed", "--data", str(file))
    assert result.exit_code == 0
    assert "3 candidates found" in result.output
