"""What platforms read of this repository says the same everywhere, and makes a bot that starts."""

import json
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from bot.model import Transport
from bot.settings import Settings
from bot.transports.email.smtp_url import MailAddon
from bot.wiring import audiences
from tests.app import MakeSettings
from tests.node_modules import NODE_MODULES

ROOT = Path(__file__).parents[1]
APP = json.loads((ROOT / "app.json").read_text())
RENDER = {
    service["name"]: service
    for service in yaml.safe_load((ROOT / "render.yaml").read_text())["services"]
}
PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
HEROKU_SCHEMA = NODE_MODULES / "@heroku" / "mcp-server" / "dist" / "utils" / "app-json.schema.json"

ASKED = {
    "JUICEBOX_WEBHOOK_SECRET": "generated",
    "EMAIL_FROM": "Juicebox <juicebox@example.com>",
    "EMAIL_TO": "recruiter@example.com",
}
"""What whoever deploys it cannot leave out, filled in."""
MAILGUN = {
    "MAILGUN_SMTP_SERVER": "smtp.example.com",
    "MAILGUN_SMTP_PORT": "587",
    "MAILGUN_SMTP_LOGIN": "postmaster",
    "MAILGUN_SMTP_PASSWORD": "secret",
}


@pytest.mark.skipif(
    not HEROKU_SCHEMA.exists(), reason="Heroku's schema is not here: make node_modules fetches it"
)
def test_app_json_is_what_heroku_takes() -> None:
    schema = json.loads(HEROKU_SCHEMA.read_text())
    jsonschema.validate(APP, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(APP | {"nonsense": 1}, schema)


def test_the_formation_is_that_of_the_procfile() -> None:
    assert set(APP["formation"]) == set(PROCFILE) - {"release"}


def test_a_platforms_web_knows_of_the_router_before_it() -> None:
    words = shlex.split(PROCFILE["web"])
    options = dict(pairwise(words))
    assert options["--port"] == "$PORT"
    assert options["--timeout-keep-alive"] == "95"  # Heroku's router keeps connections for 90 s
    assert options["--timeout-graceful-shutdown"] == "20"  # and kills a process after 30 s
    assert options["--forwarded-allow-ips"] == "*"  # nobody but the router can connect
    assert "--proxy-headers" in words


def test_render_runs_what_the_procfile_runs() -> None:
    assert RENDER["juicebox-bot"]["startCommand"] == PROCFILE["web"]
    assert RENDER["juicebox-bot-worker"]["startCommand"] == PROCFILE["worker"]
    assert RENDER["juicebox-bot"]["preDeployCommand"] == PROCFILE["release"]


def test_render_keeps_what_was_accepted() -> None:
    redis = RENDER["juicebox-bot-redis"]
    assert redis["maxmemoryPolicy"] == "noeviction"
    assert redis["plan"] != "free"
    assert redis["ipAllowList"] == []


def test_renders_worker_has_every_setting_of_its_web() -> None:
    web, worker = (
        {v["key"]: v for v in RENDER[name]["envVars"]}
        for name in ("juicebox-bot", "juicebox-bot-worker")
    )
    assert set(web) == set(worker)
    for name in set(worker) - {"REDIS_URL"}:
        assert worker[name]["fromService"] == {
            "type": "web",
            "name": "juicebox-bot",
            "envVarKey": name,
        }


@pytest.mark.parametrize(
    "name", sorted({*APP["env"], *(v["key"] for v in RENDER["juicebox-bot"]["envVars"])})
)
def test_every_variable_that_is_asked_for_is_a_setting(name: str) -> None:
    assert name.lower() in Settings.model_fields


@pytest.mark.parametrize("name", sorted(APP["env"]))
def test_every_variable_that_is_asked_for_is_explained(name: str) -> None:
    asked: dict[str, Any] = APP["env"][name]
    assert asked["description"].endswith(".")


def test_no_secret_has_a_value_that_everybody_can_read() -> None:
    secrets = {name for name in APP["env"] if "SECRET" in name or "TOKEN" in name or "KEY" in name}
    assert secrets
    assert [name for name in secrets if "value" in APP["env"][name]] == []


def test_what_herokus_button_asks_for_makes_a_bot_that_starts(make_settings: MakeSettings) -> None:
    """With mail alone: Slack's secrets are not known before the bot has an address."""
    required = {
        name
        for name, asked in APP["env"].items()
        if asked.get("required", True) and "value" not in asked
    }
    assert required == set(ASKED)
    fixed = {name: asked["value"] for name, asked in APP["env"].items() if "value" in asked}
    nothing = {name.upper(): None for name in Settings.model_fields}
    redis = {"REDIS_URL": "rediss://:secret@redis.example.com:6380"}
    settings = make_settings(**{**nothing, **redis, **fixed, **ASKED, **MAILGUN})
    assert set(MAILGUN) <= {name.upper() for name in MailAddon.model_fields}
    told = {d.transport for places in audiences(settings).values() for d in places}
    assert told == {Transport.EMAIL}
