"""Records what the local Slack accepts from the bot in all tests, and checks its types at the end of the session.

So every message, answer, Home view and modal that any test makes is checked, without a list of them. It
happens in a session that has run tests/rendering/test_block_kit_types.py.
"""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from bot.fakes.slack import block_kit
from bot.fakes.slack.methods import METHODS
from tests.slack_types import HOME, MODAL, literals_of, shape_of, type_errors, why_unavailable

_PROPERTY = "block kit"
_TESTS = Path(__file__).parent
_RECORDED = {"commands", "delivery", "rendering", "slack_app", "worker"}
"""The folders whose tests show what the bot makes; others try out the local Slack itself."""
_TYPES_TEST = "tests/rendering/test_block_kit_types.py"

Literals = set[tuple[str, str]]


class _Recorder:
    """Keeps what is accepted while `found` is a set. `known` has been reported by this process before."""

    def __init__(self) -> None:
        self.found: Literals | None = None
        self.known: Literals = set()

    def add_blocks(self, blocks: Any) -> None:
        if self.found is not None:
            self.found |= literals_of(blocks)

    def add_view(self, view: Mapping[str, Any]) -> None:
        if self.found is not None:
            kind = {"home": HOME, "modal": MODAL}[view["type"]]
            self.found.add((kind, json.dumps(shape_of(dict(view)))))


class _RecordingAdapter:
    """Pydantic's adapter for a list of blocks, which records those that are valid."""

    def __init__(self, adapter: Any, recorder: _Recorder) -> None:
        self._adapter = adapter
        self._recorder = recorder

    def validate_python(self, blocks: Any) -> Any:
        valid = self._adapter.validate_python(blocks)
        self._recorder.add_blocks(blocks)
        return valid


class _Check:
    """Collects the literals that the tests of all processes report, and checks them at the end."""

    def __init__(self) -> None:
        self.literals: Literals = set()
        self.errors: list[str] = []
        self.is_asked_for = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.is_asked_for |= report.nodeid.startswith(_TYPES_TEST)
        for name, value in report.user_properties:
            if name == _PROPERTY:
                pairs = cast("list[list[str]]", value)
                self.literals |= {(kind, text) for kind, text in pairs}

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        is_worker = hasattr(session.config, "workerinput")
        if is_worker or not self.is_asked_for or not self.literals or why_unavailable():
            return
        with tempfile.TemporaryDirectory() as folder:
            self.errors = type_errors(self.literals, Path(folder))
        if self.errors:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.errors:
            terminalreporter.section("Block Kit that is not of @slack/types", red=True)
            for error in self.errors:
                terminalreporter.write_line(error)
        elif self.is_asked_for and self.literals and not why_unavailable():
            count = len(self.literals)
            terminalreporter.write_line(
                f"@slack/types: {count} kinds of blocks and views are valid"
            )


_recorder = _Recorder()


def _recording(call: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def recorded(workspace: Any, request: Any) -> Any:
        reply = call(workspace, request)
        _recorder.add_view(request.view)
        return reply

    return recorded


def pytest_configure(config: pytest.Config) -> None:
    adapter = _RecordingAdapter(block_kit._blocks, _recorder)
    block_kit._blocks = cast("Any", adapter)
    methods = cast("dict[str, Any]", METHODS)
    for name, method in METHODS.items():
        if name.startswith("views."):
            methods[name] = replace(method, call=_recording(method.call))
    config.pluginmanager.register(_Check(), "block kit types")


@pytest.fixture(autouse=True)
def recorded_blocks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Report the blocks and views of this test that no test of this process has reported before."""
    folder = (
        request.path.relative_to(_TESTS).parts[0] if request.path.is_relative_to(_TESTS) else ""
    )
    if folder not in _RECORDED:
        yield
        return
    _recorder.found = set()
    yield
    new = _recorder.found - _recorder.known
    _recorder.found = None
    _recorder.known |= new
    if new:
        request.node.user_properties.append((_PROPERTY, sorted(map(list, new))))
