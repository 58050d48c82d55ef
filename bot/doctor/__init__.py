"""Checks of every setting and every connection."""
