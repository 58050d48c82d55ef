"""Read models for Slack, the command line, the playground and, later, the console."""
