"""What documents compute: templates, typesetting, signatures. Data in, bytes out; no database, no web."""
