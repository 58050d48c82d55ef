"""The registry loads valid handlers and refuses to start with a broken one."""

import importlib
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from bot.errors import RegistryError
from bot.model import InvalidData, Notify, Policy
from bot.registry import load_registry
from bot.transports.registry import TEMPLATE_FILES
from tests.event_fixtures import sent
from tests.factories import NOW
from tests.renderers import mail_renderer, slack_renderer

VALID = '''
"""Someone answered a message."""

from bot.model import Audience, Event, Intent, Notify, Payload, Policy, Record, handles
from bot.model.payload import Id


class Data(Payload):
    reply_id: Id


@handles("reply.received", data=Data, sample={"replyId": "rep_1"})
def handle(event: Event, data: Data, policy: Policy) -> list[Intent]:
    return [Notify(Audience.RECRUITERS, event.type, {"replyId": data.reply_id})]
'''

Write = Callable[[str, str], ModuleType]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Return a function that writes a module into a package and returns the package."""
    package = tmp_path / "other_handlers"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)

    def add(name: str, source: str) -> ModuleType:
        (package / f"{name}.py").write_text(source)
        importlib.invalidate_caches()
        return importlib.import_module("other_handlers")

    yield add
    for name in [name for name in sys.modules if name.startswith("other_handlers")]:
        del sys.modules[name]


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    folder = tmp_path / "templates" / "reply.received"
    folder.mkdir(parents=True)
    (folder / "slack.json.j2").write_text('{"text": "Reply {{ replyId }}", "blocks": []}')
    (folder / "subject.txt.j2").write_text("Reply {{ replyId }}")
    (folder / "body.txt.j2").write_text("Reply {{ replyId }}")
    (folder / "body.mjml.j2").write_text("<mjml><mj-body></mj-body></mjml>")
    return folder.parent


def test_every_documented_event_has_a_handler() -> None:
    assert load_registry().types == (
        "export.ready",
        "key.rotated",
        "profile.enriched",
        "quota.warning",
        "search.completed",
    )


def test_an_unknown_type_has_no_handler() -> None:
    assert load_registry().get("nobody.knows") is None


def test_a_sample_cannot_be_changed() -> None:
    handler = load_registry().get("export.ready")
    assert handler is not None
    with pytest.raises(TypeError):
        handler.sample["exportId"] = "other"  # type: ignore[index]  # that is the point


def test_the_moments_of_a_sample_are_relative_to_now(write: Write, templates: Path) -> None:
    moments = '{"replyId": "rep_1", "at": timedelta(days=2), "more": {"all": [timedelta()]}}'
    source = VALID.replace("from bot", "from datetime import timedelta\n\nfrom bot", 1)
    package = write("reply_received", source.replace('{"replyId": "rep_1"}', moments, 1))
    handler = load_registry(package, templates).get("reply.received")
    assert handler is not None
    assert handler.sample_at(NOW) == {
        "replyId": "rep_1",
        "at": "2026-01-17T14:30:00Z",
        "more": {"all": ["2026-01-15T14:30:00Z"]},
    }


@pytest.mark.parametrize("event_type", load_registry().types)
def test_no_sample_has_a_fixed_date(event_type: str) -> None:
    handler = load_registry().get(event_type)
    assert handler is not None
    assert not re.search(r"\d{4}-\d{2}-\d{2}|\d{10}", str(handler.sample))


def test_a_new_type_takes_a_module_and_a_folder(write: Write, templates: Path) -> None:
    registry = load_registry(write("reply_received", VALID), templates)
    handler = registry.get("reply.received")
    assert registry.types == ("reply.received",)
    assert handler is not None
    assert handler.sample == {"replyId": "rep_1"}
    [told] = handler.run(sent("reply.received", {"replyId": "rep_2", "more": 1}), Policy())
    assert isinstance(told, Notify)
    assert (
        slack_renderer(templates).render_template(told.template, told.context).text == "Reply rep_2"
    )
    assert (
        mail_renderer(templates).render_template(told.template, told.context).subject
        == "Reply rep_2"
    )


def test_data_that_is_not_an_object_is_refused(write: Write, templates: Path) -> None:
    handler = load_registry(write("reply_received", VALID), templates).get("reply.received")
    assert handler is not None
    with pytest.raises(InvalidData, match=r"^data must be an object$"):
        handler.run(sent("reply.received", ["secret"]), Policy())  # type: ignore[arg-type]  # on purpose


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (('"reply.received"', '""'), "@handles takes a type such as 'search.completed', got ''"),
        (('"reply.received"', "7"), "@handles takes a type such as 'search.completed', got 7"),
        (("class Data(Payload)", "class Other(Payload)"), "cannot be imported"),
        (("class Data(Payload)", "class Data"), "data of @handles must be a subclass of Payload"),
        (("(event: Event, ", "("), "the handler fails on its sample: TypeError"),
        (("@handles", "#"), "has no handler: decorate its function with @handles(…)"),
        (('{"replyId": "rep_1"}', "[]"), "sample of @handles must be an example of the data"),
        (('"replyId": "rep_1"', ""), "sample does not fit the data class: data.replyId is missing"),
        (("return [Notify", "return [1 / 0, Notify"), "fails on its sample: ZeroDivisionError"),
        (("return [Notify", "return [7, Notify"), "must return Notify and Record only, got 7"),
        (('"replyId": data.reply_id', '"at": event.timestamp'), "only JSON"),
        (('"replyId": data.reply_id', '"n": float("nan")'), "only JSON"),
        (("import Audience", "import Nothing, Audience"), "cannot be imported"),
        (("RECRUITERS, event.type", 'RECRUITERS, "other"'), "templates/other/slack.json.j2"),
    ],
)
def test_a_broken_handler_stops_the_start_and_is_named(
    write: Write, templates: Path, change: tuple[str, str], fault: str
) -> None:
    before, after = change
    assert before in VALID
    package = write("reply_received", VALID.replace(before, after, 1))
    with pytest.raises(RegistryError) as refused:
        load_registry(package, templates)
    assert str(refused.value).startswith("other_handlers.reply_received: ")
    assert fault in str(refused.value)


def test_two_handlers_in_one_module_are_refused(write: Write, templates: Path) -> None:
    _, decorator, function = VALID.partition("@handles")
    package = write("reply", VALID + decorator + function.replace("def handle", "def other"))
    with pytest.raises(RegistryError) as refused:
        load_registry(package, templates)
    assert str(refused.value) == (
        "other_handlers.reply: has 2 handlers, handle, other: keep one per module"
    )


def test_two_handlers_for_one_type_are_refused(write: Write, templates: Path) -> None:
    write("reply_received", VALID)
    package = write("reply_received_again", VALID)
    with pytest.raises(RegistryError) as refused:
        load_registry(package, templates)
    assert str(refused.value) == (
        "other_handlers.reply_received_again: 'reply.received' has a handler already,"
        " in other_handlers.reply_received"
    )


def test_a_handler_that_only_records_needs_no_templates(write: Write, tmp_path: Path) -> None:
    notify = "Notify(Audience.RECRUITERS, event.type,"
    package = write("reply_received", VALID.replace(notify, 'Record("reply", data.reply_id,'))
    assert load_registry(package, tmp_path).types == ("reply.received",)


@pytest.mark.parametrize(
    ("subject", "fault"),
    [
        ('DataSubject("replyID")', "its subject's field 'replyID' is not a field of the data"),
        ('DataSubject("replyId")', "it records reply about its subject"),
        (
            'DataSubject("replyId", record_kind="reply", cached_key="reply")',
            "its cached_key must contain {id}, got 'reply'",
        ),
        ('DataSubject("replyId", record_kind="reply", cached_key="reply:{id}")', ""),
    ],
)
def test_a_person_that_forget_would_miss_is_refused(
    write: Write, templates: Path, subject: str, fault: str
) -> None:
    declared = VALID.replace('{"replyId": "rep_1"})', f'{{"replyId": "rep_1"}}, subject={subject})')
    record = 'return [Record("reply", data.reply_id, {}), '
    source = declared.replace("return [", record).replace(
        "import Audience", "import DataSubject, Audience"
    )
    package = write("reply_received", source)
    if not fault:
        [found] = load_registry(package, templates).subjects
        assert found.cached_key_of("rep_2") == "reply:rep_2"
        return
    with pytest.raises(RegistryError) as refused:
        load_registry(package, templates)
    assert fault in str(refused.value)


@pytest.mark.parametrize("file", TEMPLATE_FILES)
def test_a_missing_template_is_named(write: Write, templates: Path, file: str) -> None:
    (templates / "reply.received" / file).unlink()
    with pytest.raises(RegistryError) as refused:
        load_registry(write("reply_received", VALID), templates)
    assert str(refused.value) == (
        f"other_handlers.reply_received: missing: templates/reply.received/{file}"
    )


SECOND = VALID.replace("reply.received", "reply.failed")


def test_the_alias_is_the_one_of_the_type_that_declares_it(write: Write, templates: Path) -> None:
    (templates / "reply.failed").symlink_to(templates / "reply.received")
    write("a_reply_failed", SECOND)
    package = write("reply_received", VALID.replace("data=Data", 'data=Data, alias="reply"'))
    assert load_registry(package, templates).aliases == {"reply": "reply.received"}


def test_two_types_cannot_have_the_same_alias(write: Write, templates: Path) -> None:
    (templates / "reply.failed").symlink_to(templates / "reply.received")
    for name, source in (("reply_failed", SECOND), ("reply_received", VALID)):
        package = write(name, source.replace("data=Data", 'data=Data, alias="reply"'))
    with pytest.raises(RegistryError, match=r"alias 'reply' is the one of 'reply\.failed'"):
        load_registry(package, templates)
