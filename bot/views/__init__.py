"""Read models for Slack, the command line and the playground."""
