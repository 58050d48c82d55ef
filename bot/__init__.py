"""The Juicebox bot: webhooks in, Slack messages and mails out."""
