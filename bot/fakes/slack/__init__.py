"""A local Slack: its Web API, a workspace in memory, and a user who works in it."""
