"""What is true of diagrams, limits and numbers whatever the database says. Nothing here reads a clock or a table."""
