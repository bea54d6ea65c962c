"""How a declared text becomes a message."""
