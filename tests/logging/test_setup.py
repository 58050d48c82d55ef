"""Each record is one structured line."""

import contextlib
import io
import json
import logging
import re
import sys

import pytest
import structlog
from pydantic import BaseModel, ValidationError

from bot.logging.setup import configure_logs
from bot.settings import Settings
from tests.conftest import MakeSettings
from tests.logging.conftest import CANARY, Output

_log = structlog.get_logger()


def test_an_ascii_terminal_gets_escaped_text(clean_logging: None) -> None:
    written = io.BytesIO()
    with contextlib.redirect_stdout(io.TextIOWrapper(written, encoding="ascii")):
        configure_logs("INFO", "logfmt")
        _log.info("naïve")
        assert written.getvalue().endswith(rb"event=na\xefve" + b"\n")


def test_stdout_may_have_no_encoding(clean_logging: None) -> None:
    with contextlib.redirect_stdout(io.StringIO()) as written:
        configure_logs("INFO", "logfmt")
        _log.info("naïve")
    assert written.getvalue().endswith("event=naïve\n")


def test_a_record_is_one_line_of_logfmt(output: Output) -> None:
    _log.info("event accepted", event_id="evt_1", seconds=0.25, late=True, reason=None)
    (line,) = output()
    time, rest = line.split(" ", 1)
    assert re.fullmatch(r"timestamp=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", time)
    assert rest == 'level=info event="event accepted" event_id=evt_1 seconds=0.25 late=true reason='


def test_a_record_is_one_line_of_json(
    capsys: pytest.CaptureFixture[str], clean_logging: None
) -> None:
    configure_logs("INFO", "json")
    _log.warning("event refused", status=401)
    shown = json.loads(capsys.readouterr().out)
    assert shown.pop("timestamp").endswith("Z")
    assert shown == {"level": "warning", "event": "event refused", "status": 401}


def test_context_variables_are_logged(output: Output) -> None:
    with structlog.contextvars.bound_contextvars(event_id="evt_1"):
        _log.info("sent")
    assert "event_id=evt_1" in output()[0]


def test_records_below_the_level_are_omitted(
    capsys: pytest.CaptureFixture[str], clean_logging: None
) -> None:
    configure_logs("ERROR", "logfmt")
    _log.warning("event refused")
    logging.getLogger("uvicorn.error").warning("Unsupported upgrade request.")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("end", ["\n", "\r", "\x1b[1A", "\u2028", "\x85", "\ud800"])
def test_no_value_can_forge_a_line(output: Output, end: str) -> None:
    _log.info("event accepted", event_id=f"a{end}level=critical event=forged")
    lines = output()
    assert len(lines) == 1
    assert end not in lines[0]
    assert lines[0].isprintable()


def test_an_exception_is_logged_by_type_and_place_only(output: Output) -> None:
    try:
        try:
            int(CANARY)
        except ValueError as error:
            raise KeyError(CANARY) from error
    except KeyError as error:
        _log.exception("job failed")
        _log.error("job failed", exc_info=error, fault=error)
        _log.error("job failed", exc_info=(type(error), error, error.__traceback__))
    lines = output()
    assert len(lines) == 3
    for line in lines:
        assert 'exception="KeyError from ValueError"' in line
        assert re.search(r'frames="?\S*test_setup\.py:\d+', line)
        assert CANARY not in line
    assert 'fault="KeyError from ValueError"' in lines[1]


def test_values_that_pydantic_rejects_are_not_logged(output: Output) -> None:
    class Data(BaseModel):
        count: int

    try:
        Data.model_validate({"count": CANARY})
    except ValidationError:
        _log.exception("handler failed")
    assert "pydantic_core._pydantic_core.ValidationError" in output()[0]


def test_a_crash_is_one_line(output: Output) -> None:
    error = RuntimeError(CANARY)
    sys.excepthook(RuntimeError, error, None)
    (line,) = output()
    assert 'level=critical event="process crashed" exception=RuntimeError' in line
    assert CANARY not in line


def test_a_keyboard_interrupt_is_not_a_crash(
    capsys: pytest.CaptureFixture[str], clean_logging: None
) -> None:
    configure_logs("INFO", "logfmt")
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert capsys.readouterr().out == ""


def test_secrets_in_settings_are_not_logged(output: Output, make_settings: MakeSettings) -> None:
    settings: Settings = make_settings(
        JUICEBOX_WEBHOOK_SECRET=CANARY,
        SLACK_BOT_TOKEN=CANARY,
        SMTP_URL=f"smtp://user:{CANARY}@127.0.0.1:25",
    )
    _log.info("starting", settings=settings, secret=settings.slack_bot_token, smtp=settings.smtp)
    assert CANARY not in output()[0]
