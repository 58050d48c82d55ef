"""The entry point of `juicebox-bot` and `python -m bot`."""

import click

from bot.commands import CommandGroup

_HELP = """Juicebox webhooks as Slack messages and mails.

\b
Try it:      demo, preview
Set it up:   slack-manifest, doctor, webhook create, send
Run it:      web, worker; all
Look after:  events, record, retry

The settings are read from the environment; "doctor" says what is missing.
"""


@click.group(
    cls=CommandGroup,
    help=_HELP,
    context_settings={"help_option_names": ["-h", "--help"]},
)
def main() -> None:
    pass


if __name__ == "__main__":
    main()
