"""The local Slack: a small server of the Web API on a workspace in memory, as strict as Slack is."""
