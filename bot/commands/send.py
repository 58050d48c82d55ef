"""`send`: post a signed sample event to a running bot."""

from pathlib import Path

import click

from bot.clock import utc_now
from bot.commands import CommandError, echo
from bot.commands.http import post
from bot.commands.sample import data_option, sample
from bot.intake.signature import HEADER, sign

_ACCEPTED = 200
_HINTS = {
    401: ": the bot has another JUICEBOX_WEBHOOK_SECRET",
    404: ": the bot's endpoint is /webhooks/juicebox",
    503: ": the bot cannot reach its Redis",
}


@click.command(short_help="Sign a sample event and post it to a running bot.")
@click.argument("event_type", metavar="TYPE")
@click.option("--url", required=True, help="Its endpoint: https://.../webhooks/juicebox")
@data_option
@click.option(
    "--test", is_flag=True, help='Mark it "Test" in every message, and keep no record of it.'
)
@click.option("--id", "event_id", help="The event's id. Default: a new one.")
@click.option(
    "--secret",
    envvar="JUICEBOX_WEBHOOK_SECRET",
    required=True,
    help="The secret to sign with. Better set JUICEBOX_WEBHOOK_SECRET: others can see options.",
)
def command(
    event_type: str,
    url: str,
    data_file: Path | None,
    event_id: str | None,
    secret: str,
    *,
    test: bool,
) -> None:
    """Sign a sample event of this TYPE as Juicebox does, and post it to a running bot.

    The messages go to everybody who is notified of such events. Without --test they do not say
    that the event is not real.

    Exits with 1 unless the bot accepts it.
    """
    event, body = sample(event_type, data_file, utc_now(), event_id=event_id, test=test)
    status, text = post(url, body, {HEADER.decode(): sign(body, secret.encode())})
    echo(f"{event.id} -> {status} {text.strip()}")
    if status != _ACCEPTED:
        raise CommandError(f"not accepted{_HINTS.get(status, '')}")
