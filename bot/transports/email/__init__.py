"""Email as a transport: client, sender, errors, limits, checks."""
