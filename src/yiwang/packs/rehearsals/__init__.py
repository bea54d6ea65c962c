"""Rehearsals 演练: stories in closed verbs, played through the public interfaces in a city of their own (`run.run`).

DO NOT reach past the faces here: what a rehearsal shows must be what people can see and do.
"""
