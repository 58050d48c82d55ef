"""All malformed settings are described at once, in our own words."""

import re

import pytest

from bot.errors import SettingsError
from bot.settings import Settings, load_settings
from tests.app import MakeSettings, SettingsFault


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PORT", "http", "must be a whole number such as 8000, got 'http'"),
        ("WEB_CONCURRENCY", "0", "must be from 1 to 64, got '0'"),
        ("RETENTION_DAYS", "forever", "must be a whole number such as 30, got 'forever'"),
        ("QUOTA_ALERT_PERCENT", "abc", "must be a number such as 80, got 'abc'"),
        ("QUOTA_ALERT_PERCENT", "nan", "must be a number such as 80, got 'nan'"),
        ("QUOTA_ALERT_PERCENT", "101", "must be from 0 to 100, got '101'"),
        ("REDIS_SSL_CERT_REQS", "maybe", "must be required or none, got 'maybe'"),
        ("LOG_LEVEL", "LOUD", "must be DEBUG, INFO, WARNING or ERROR, got 'LOUD'"),
        ("LOG_FORMAT", "xml", "must be logfmt or json, got 'xml'"),
        (
            "PUBLIC_URL",
            "juicebox",
            "must be an http:// or https:// address such as https://bot.example.com, got 'juicebox'",
        ),
        (
            "EXPORT_URL_HOSTS",
            "https://exports.example.com",
            (
                "is malformed: give names of hosts, such as exports.example.com, or *.example.com for"
                " all below it: no scheme, port or path, and an international name as xn--…,"
                " got 'https://exports.example.com'"
            ),
        ),
    ],
)
def test_a_malformed_setting_is_named_with_what_is_expected_and_its_value(
    fault: SettingsFault, name: str, value: str, expected: str
) -> None:
    assert fault(**{name: value}) == f"{name} {expected}"


PYDANTIC = re.compile(r"Input should|unable to|valid (integer|number|string)|Value error|JSON")
GARBAGE = ["abc", "-1", "99999999999", "nan", "1e999", "http://[", "a b", ",", "{}", "é" * 200]


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_no_setting_is_refused_in_pydantics_words(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    make_settings()
    for value in GARBAGE:
        monkeypatch.setenv(name.upper(), value)
        try:
            load_settings()
        except SettingsError as error:
            [problem] = [str(p) for p in error.problems if name.upper() in p.names]
            assert problem.startswith(
                (f"{name.upper()} must be ", f"{name.upper()} is malformed: ")
            )
            assert not PYDANTIC.search(problem)
            assert "None" not in problem
            assert len(problem) < 300
            assert value == value[:80] or value not in problem


def test_a_value_that_may_contain_a_password_is_not_shown(fault: SettingsFault) -> None:
    line = fault(PUBLIC_URL="ftp://user:hunter2@bot.example.com")
    assert line.startswith("PUBLIC_URL must be an http:// or https:// address")
    assert "hunter2" not in line


def test_all_problems_are_named_at_once(fault: SettingsFault) -> None:
    """Also what two settings need of each other, unless one of them is malformed anyway."""
    line = fault(
        PORT="x",
        JUICEBOX_WEBHOOK_SECRET=None,
        SLACK_SIGNING_SECRET=None,
        EMAIL_FROM=None,
        REDIS_URL="redis://localhost/0?decode_responses=True",
        SLACK_CHANNEL=None,
        EMAIL_TO="nobody",
    )
    assert set(line.split("; ")) == {
        "JUICEBOX_WEBHOOK_SECRET is missing",
        (
            "REDIS_URL is malformed: its option 'decode_responses' would break the bot, which reads"
            " replies as bytes in RESP2: remove it"
        ),
        "EMAIL_TO is malformed: 'nobody' is not an email address",
        "PORT must be a whole number such as 8000, got 'x'",
        "SLACK_SIGNING_SECRET is missing: Slack needs a token and a signing secret",
        "EMAIL_FROM is missing: SMTP_URL is set, and emails need a From address",
    }
