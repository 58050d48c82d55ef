"""One module per event type; `bot.registry` finds them."""
