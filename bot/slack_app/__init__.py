"""What Slack asks of us."""
