"""Pages of the desk, one module for each thing they show."""
