"""Measurements: `make bench SUITE=case`. Each prints ratios against a peer measured in the same run."""
