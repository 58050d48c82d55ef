"""Structured logs without payloads."""
