"""Email as a transport."""
