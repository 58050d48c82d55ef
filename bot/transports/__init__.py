"""The transports, one folder each."""
