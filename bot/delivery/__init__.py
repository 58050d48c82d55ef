"""Delivers notifications: recipients, attempts, retries and rate limits."""
