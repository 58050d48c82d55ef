"""The terminal as a transport, for previews and the demo."""
