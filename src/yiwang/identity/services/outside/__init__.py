"""Signing in here through outside identity providers 外部身份源 (ADR 0009): `providers` declares them, `going` sends people there,
`arriving` hears what is said of who comes back, and `door` alone decides whom that lets in.
"""
