"""The files for hosting platforms agree with each other, and deploy a bot that starts."""

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

REQUIRED = {
    "JUICEBOX_WEBHOOK_SECRET": "generated",
    "EMAIL_FROM": "Juicebox <juicebox@example.com>",
    "EMAIL_TO": "recruiter@example.com",
}
"""Values for the settings that app.json requires."""
MAILGUN = {
    "MAILGUN_SMTP_SERVER": "smtp.example.com",
    "MAILGUN_SMTP_PORT": "587",
    "MAILGUN_SMTP_LOGIN": "postmaster",
    "MAILGUN_SMTP_PASSWORD": "secret",
}


@pytest.mark.skipif(
    not HEROKU_SCHEMA.exists(),
    reason="Heroku's schema is not installed: make node_modules downloads it",
)
def test_app_json_matches_herokus_schema() -> None:
    schema = json.loads(HEROKU_SCHEMA.read_text())
    jsonschema.validate(APP, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(APP | {"nonsense": 1}, schema)


def test_the_formation_matches_the_procfile() -> None:
    assert set(APP["formation"]) == set(PROCFILE) - {"release"}


def test_the_web_process_is_set_up_for_a_platforms_router() -> None:
    words = shlex.split(PROCFILE["web"])
    options = dict(pairwise(words))
    assert options["--port"] == "$PORT"
    assert options["--timeout-keep-alive"] == "95"  # Heroku's router keeps connections for 90 s
    assert options["--timeout-graceful-shutdown"] == "20"  # Heroku kills a process after 30 s
    assert options["--forwarded-allow-ips"] == "*"  # only the router can connect
    assert "--proxy-headers" in words


def test_render_runs_the_commands_of_the_procfile() -> None:
    assert RENDER["juicebox-bot"]["startCommand"] == PROCFILE["web"]
    assert RENDER["juicebox-bot-worker"]["startCommand"] == PROCFILE["worker"]
    assert RENDER["juicebox-bot"]["preDeployCommand"] == PROCFILE["release"]


def test_redis_on_render_persists_and_evicts_nothing() -> None:
    redis = RENDER["juicebox-bot-redis"]
    assert redis["maxmemoryPolicy"] == "noeviction"
    assert redis["plan"] != "free"
    assert redis["ipAllowList"] == []


def test_renders_worker_has_every_setting_of_web() -> None:
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
def test_every_requested_variable_is_a_setting(name: str) -> None:
    assert name.lower() in Settings.model_fields


@pytest.mark.parametrize("name", sorted(APP["env"]))
def test_every_requested_variable_is_explained(name: str) -> None:
    variable: dict[str, Any] = APP["env"][name]
    assert variable["description"].endswith(".")


def test_no_secret_has_a_public_value() -> None:
    secrets = {name for name in APP["env"] if "SECRET" in name or "TOKEN" in name or "KEY" in name}
    assert secrets
    assert [name for name in secrets if "value" in APP["env"][name]] == []


def test_the_bot_starts_with_what_herokus_button_requires(make_settings: MakeSettings) -> None:
    """It has only email: Slack's secrets are not known before the bot has an address."""
    required = {
        name
        for name, variable in APP["env"].items()
        if variable.get("required", True) and "value" not in variable
    }
    assert required == set(REQUIRED)
    fixed = {name: env["value"] for name, env in APP["env"].items() if "value" in env}
    unset = {name.upper(): None for name in Settings.model_fields}
    redis = {"REDIS_URL": "rediss://:secret@redis.example.com:6380"}
    settings = make_settings(**{**unset, **redis, **fixed, **REQUIRED, **MAILGUN})
    assert set(MAILGUN) <= {name.upper() for name in MailAddon.model_fields}
    transports = {d.transport for places in audiences(settings).values() for d in places}
    assert transports == {Transport.EMAIL}
