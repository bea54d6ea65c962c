"""Yiwang 一网: one city, one network. The floors of the house are listed in `pyproject.toml`."""
