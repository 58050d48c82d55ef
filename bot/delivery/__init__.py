"""How a notification gets out."""
