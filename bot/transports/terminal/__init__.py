"""Messages on a terminal, for previews and the playground."""
