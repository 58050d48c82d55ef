"""Receives events: signature, envelope, and the webhook endpoint."""
