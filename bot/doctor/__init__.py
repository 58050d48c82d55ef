"""Checks of all settings and connections."""
