"""The demonstration city for tests of the faces."""

from support.demo import demo, demo_template, own_demo
from support.handing_in import filing, filing_template
from support.moving import moving, moving_clone, moving_template
from support.permit import own_town, permit_clone, permit_office, permit_template, town

__all__ = [
    "demo",
    "demo_template",
    "filing",
    "filing_template",
    "moving",
    "moving_clone",
    "moving_template",
    "own_demo",
    "own_town",
    "permit_clone",
    "permit_office",
    "permit_template",
    "town",
]
