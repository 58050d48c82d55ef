"""`/juicebox help`: what can be asked, also for those who asked something else."""

from bot.model import SlackMessage
from bot.slack_app.render import Render


def show_help(render: Render, unknown: str = "") -> SlackMessage:
    return render("_slack/help", {"unknown": unknown})
