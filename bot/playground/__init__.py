"""The playground: the whole bot on this machine, with a page to try it. Never loaded in production."""
