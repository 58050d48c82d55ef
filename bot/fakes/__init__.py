"""The playground: real parts on one machine. Never loaded in production."""
