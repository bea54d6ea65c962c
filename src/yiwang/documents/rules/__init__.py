"""What documents compute: what a file is and whether it would burst; templates, typesetting. Data in, bytes out; no database, no web."""
