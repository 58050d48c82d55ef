"""Many messages to a channel that takes one a second."""

from tests.running import Bot, envelope


async def test_a_backlog_at_a_rate_limit_asks_slack_about_once_for_each_message(bot: Bot) -> None:
    bot.slack.messages_per_second = 1
    for number in range(6):
        await bot.receive(envelope(f"evt_{number}"))
    await bot.slack.wait_for(6, timeout=20)
    assert len(bot.slack.calls("chat.postMessage")) <= 6 * 2
