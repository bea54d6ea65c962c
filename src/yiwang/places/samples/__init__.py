"""Sample files about a city's places: who answers where, and the agencies that every level of division has. All of it is invented."""

from __future__ import annotations

from yiwang.kernel.samples import nothing_at_once, register_sample
from yiwang.places.samples.areas import load_areas
from yiwang.places.samples.organisation import Organisation, draw_organisation, load_organisation, read_organisation

__all__ = ["Organisation", "draw_organisation", "load_areas", "load_organisation", "read_organisation", "register"]


def register() -> None:
    """Offer the loaders."""
    register_sample("areas", load_areas, order=40)
    register_sample("organisation", nothing_at_once, order=45, more=load_organisation)
