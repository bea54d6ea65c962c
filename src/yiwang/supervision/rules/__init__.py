"""When a watch fires, and whether it has fired already. Pure functions; the clock's own table of days goes in, moments come out."""
