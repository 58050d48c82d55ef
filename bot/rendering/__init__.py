"""Jinja environments, escaping and filters."""
