"""The entry point of `juicebox-bot` and `python -m bot`."""

from bot.commands import CommandGroup

_HELP = """Juicebox webhooks as Slack messages and emails.

\b
Try it:      demo, preview
Set it up:   slack-manifest, doctor, webhook create, send
Run it:      web, worker; all
Look after:  events, record, retry, subscriptions

The settings are read from the environment; "doctor" says what is missing.
"""

main = CommandGroup("main", help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})

if __name__ == "__main__":
    main()
