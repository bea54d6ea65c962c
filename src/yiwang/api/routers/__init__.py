"""What programs can ask, one module for each thing. Thin: parse, call a query or a service, give its view."""
