"""How Wagtail is let into the house: who may edit, what a change leaves behind, and where its files lie."""
