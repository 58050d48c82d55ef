"""Settings are read strictly, named in errors, and secret when printed."""

from datetime import timedelta

import pytest
from redis.asyncio import Redis

from bot.model import Audience, Destination, Transport
from bot.rendering.templates import Templates
from bot.web import build_slack
from bot.wiring import active_transports, audiences, open_store
from tests.app import MakeSettings, SettingsFault

NO_SLACK = {
    "SLACK_BOT_TOKEN": None,
    "SLACK_SIGNING_SECRET": None,
    "SLACK_CHANNEL": None,
    "SLACK_ALERT_CHANNEL": None,
}
NEITHER = (
    "SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET, or SMTP_URL and EMAIL_FROM, are missing:"
    " nothing could be sent"
)
NO_MAIL = {"SMTP_URL": None, "EMAIL_FROM": None, "EMAIL_TO": None, "EMAIL_ALERT_TO": None}


def test_the_defaults_are_the_documented_ones(make_settings: MakeSettings) -> None:
    settings = make_settings(REDIS_URL=None)
    assert settings.redis_url.get_secret_value() == "redis://localhost:6379/0"
    assert settings.redis_ssl_cert_reqs == "required"
    assert str(settings.juicebox_api_url) == "https://api.juicebox.ai/v1"
    assert str(settings.slack_api_url) == "https://slack.com/api/"
    assert settings.policy.quota_alert_percent == 80
    assert settings.retention_days == 30
    assert (settings.smtp_connections, settings.smtp_helo_name) == (2, None)
    assert settings.smtp_allow_plaintext_login is False
    assert (settings.port, settings.web_concurrency) == (8000, 1)
    assert (settings.log_level, settings.log_format) == ("INFO", "logfmt")


def test_the_current_secret_comes_first(make_settings: MakeSettings) -> None:
    settings = make_settings(JUICEBOX_WEBHOOK_SECRET_PREVIOUS="whsec_old")
    assert settings.webhook_secrets == (b"whsec_current", b"whsec_old")


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"JUICEBOX_WEBHOOK_SECRET": None}, "JUICEBOX_WEBHOOK_SECRET is missing"),
        ({"JUICEBOX_WEBHOOK_SECRET": " \n"}, "JUICEBOX_WEBHOOK_SECRET is missing"),
        (
            {"EMAIL_FROM": "Juicebox <a..b@c.example>"},
            (
                "EMAIL_FROM is malformed: must look like bot@example.com or Juicebox <bot@example.com>,"
                " got 'Juicebox <a..b@c.example>'"
            ),
        ),
        ({"SMTP_URL": "smtp://"}, "SMTP_URL is malformed: it names no host"),
        (
            {"REDIS_URL": "localhost:6379"},
            "REDIS_URL is malformed: must begin with redis://, rediss:// or unix://",
        ),
        (
            {"EMAIL_TO": "a@b.example,nobody"},
            "EMAIL_TO is malformed: 'nobody' is not an email address",
        ),
        (
            {"EMAIL_FROM": "bot"},
            (
                "EMAIL_FROM is malformed: must look like bot@example.com or Juicebox <bot@example.com>,"
                " got 'bot'"
            ),
        ),
        (
            {"SLACK_SIGNING_SECRET": None},
            "SLACK_SIGNING_SECRET is missing: Slack needs a token and a signing secret",
        ),
        (
            {"SLACK_BOT_TOKEN": None},
            "SLACK_BOT_TOKEN is missing: Slack needs a token and a signing secret",
        ),
        (
            {"EMAIL_FROM": None},
            "EMAIL_FROM is missing: SMTP_URL is set, and emails need a From address",
        ),
        (
            {"SMTP_URL": None},
            "SMTP_URL is missing: EMAIL_FROM is set, and emails need a server",
        ),
        (
            {**NO_SLACK, **NO_MAIL},
            NEITHER,
        ),
        (
            {"SLACK_CHANNEL": None, "EMAIL_TO": None},
            "SLACK_CHANNEL or EMAIL_TO is missing: nobody would be notified",
        ),
        ({**NO_SLACK, "EMAIL_TO": None}, "EMAIL_TO is missing: nobody would be notified"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(
    fault: SettingsFault, changes: dict[str, str | None], line: str
) -> None:
    assert fault(**changes) == line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_CONNECTIONS", "0"),
        ("SMTP_CONNECTIONS", "51"),
        ("SMTP_HELO_NAME", "bot"),
        ("SMTP_HELO_NAME", "bot.example.com\r\nMAIL"),
        ("SMTP_HELO_NAME", "bot_1.example.com"),
        ("SMTP_ALLOW_PLAINTEXT_LOGIN", "perhaps"),
    ],
)
def test_a_malformed_mail_setting_is_named(fault: SettingsFault, name: str, value: str) -> None:
    line = fault(**{name: value})
    assert line.startswith(f"{name} ")
    assert "must be " in line
    assert "\n" not in line


def test_no_secret_is_ever_printed(make_settings: MakeSettings, fault: SettingsFault) -> None:
    secret = "s3cr3t-canary"
    settings = make_settings(
        JUICEBOX_WEBHOOK_SECRET=secret,
        JUICEBOX_API_KEY=secret,
        SLACK_BOT_TOKEN=secret,
        SLACK_SIGNING_SECRET=secret,
        REDIS_URL=f"redis://:{secret}@localhost:6379/0",
        SMTP_URL=f"smtp://user:{secret}@127.0.0.1:2525",
    )
    shown = f"{settings!r} {settings!s} {settings.policy!r} {settings.smtp!r}"
    assert secret not in shown
    assert secret not in fault(SMTP_URL=f"imap://user:{secret}@127.0.0.1")
    assert secret not in fault(REDIS_URL=f"http://:{secret}@localhost")


def test_each_audience_has_its_destinations(make_settings: MakeSettings) -> None:
    settings = make_settings(EMAIL_TO="a@b.example, c@d.example,a@b.example")
    assert audiences(settings) == {
        Audience.RECRUITERS: (
            Destination(Transport.SLACK, "C0RECRUIT"),
            Destination(Transport.EMAIL, "a@b.example"),
            Destination(Transport.EMAIL, "c@d.example"),
        ),
        Audience.OPERATORS: (
            Destination(Transport.SLACK, "C0ALERTS"),
            Destination(Transport.EMAIL, "operator@example.com"),
        ),
    }


def test_operators_default_to_the_recruiters_destinations(make_settings: MakeSettings) -> None:
    settings = make_settings(SLACK_ALERT_CHANNEL=None, EMAIL_ALERT_TO=None)
    assert audiences(settings)[Audience.OPERATORS] == audiences(settings)[Audience.RECRUITERS]


def test_a_transport_that_is_off_has_no_destinations(make_settings: MakeSettings) -> None:
    settings = make_settings(**{**NO_MAIL, "EMAIL_TO": "recruiter@example.com"})
    assert audiences(settings)[Audience.RECRUITERS] == (Destination(Transport.SLACK, "C0RECRUIT"),)


async def test_only_transports_that_are_on_have_a_sender(
    make_settings: MakeSettings, redis: Redis
) -> None:
    both = active_transports(make_settings(), Templates(), redis)
    assert set(both) == {Transport.SLACK, Transport.EMAIL}
    assert set(active_transports(make_settings(**NO_MAIL), Templates(), redis)) == {Transport.SLACK}
    without = make_settings(**NO_SLACK)
    assert set(active_transports(without, Templates(), redis)) == {Transport.EMAIL}
    store = open_store(without, timeout=timedelta(seconds=1))
    assert build_slack(without, store) is None
    await store.redis.aclose()


def test_whitespace_around_a_value_is_ignored(make_settings: MakeSettings) -> None:
    settings = make_settings(JUICEBOX_WEBHOOK_SECRET=" whsec_1\n", SLACK_CHANNEL=" C0RECRUIT ")
    assert settings.webhook_secrets == (b"whsec_1",)
    assert audiences(settings)[Audience.RECRUITERS][0] == Destination(Transport.SLACK, "C0RECRUIT")


@pytest.mark.parametrize("option", ["foo=bar", "socket_timeout=abc"])
def test_an_unsupported_option_is_named(fault: SettingsFault, option: str) -> None:
    line = fault(REDIS_URL=f"redis://localhost:6379/0?{option}")
    assert line.startswith(f"REDIS_URL is malformed: its option '{option.partition('=')[0]}' ")
    assert line.endswith(": remove it")


def test_the_certificate_check_can_be_set_in_either_place(
    make_settings: MakeSettings,
) -> None:
    url = "rediss://localhost:6379/0"
    assert make_settings(REDIS_URL=url).redis.cert_reqs == "required"
    assert make_settings(REDIS_URL=f"{url}?ssl_cert_reqs=CERT_NONE").redis.cert_reqs == "none"
    for spelling in ("none", "None", "CERT_NONE", "ssl.CERT_NONE"):
        settings = make_settings(REDIS_URL=url, REDIS_SSL_CERT_REQS=spelling)
        assert settings.redis.cert_reqs == "none"


def test_two_contradictory_settings_are_refused(fault: SettingsFault) -> None:
    line = fault(
        REDIS_URL="rediss://localhost/0?ssl_cert_reqs=none", REDIS_SSL_CERT_REQS="required"
    )
    assert line == (
        "REDIS_URL and REDIS_SSL_CERT_REQS do not go together: its option ssl_cert_reqs=none"
        " contradicts REDIS_SSL_CERT_REQS=required: remove one of them"
    )
