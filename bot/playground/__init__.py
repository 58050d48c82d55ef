"""The playground: the whole bot at work on one page."""
