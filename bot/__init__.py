"""The Juicebox bot: webhooks in, Slack messages and emails out."""
