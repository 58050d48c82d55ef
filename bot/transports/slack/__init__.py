"""Slack as a transport."""
