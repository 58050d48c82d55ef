"""Local servers that tests and the playground run against. Never loaded in production."""
