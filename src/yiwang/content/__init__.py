"""News and notices: written by an officer, published by another, read by everybody."""
