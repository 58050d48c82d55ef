"""What goes on after an answer: errors are logged, and the end of the process stops it."""

import asyncio

import structlog

from bot.slack_app.background import Background


async def test_an_error_is_logged_without_its_text() -> None:
    async def fail() -> None:
        raise ValueError("a secret")

    background = Background()
    with structlog.testing.capture_logs() as logs:
        background.start(fail())
        await background.finish()
        await asyncio.sleep(0)
    assert logs == [{"event": "slack answer failed", "fault": "ValueError", "log_level": "error"}]


async def test_the_end_stops_it() -> None:
    background = Background()
    async with background.running():
        background.start(asyncio.Event().wait())  # type: ignore[arg-type]  # its result does not matter
    await asyncio.wait_for(background.finish(), 5)
