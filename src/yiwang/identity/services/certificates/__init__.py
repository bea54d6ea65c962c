"""Signing in by a certificate 数字证书 (ADR 0010): `authorities` says whose certificates count, `answers` judges what a key program made
of a challenge, `own` registers certificates and lets their people in.
"""
