"""The city's signing key: made at the first start, renewed by command, former ones are kept to verify with."""

from __future__ import annotations

from pathlib import Path

from yiwang.kernel.crypto import ensure_key_file, load_key_file
from yiwang.kernel.time import machine_now
from yiwang.launch import keys

__all__ = ["ensure_city_key", "renew_city_key"]


def ensure_city_key(data_dir: Path) -> Path:
    """Make the signing key if there is none; return its file."""
    path = keys.ensure(data_dir) / keys.CITY_KEY
    ensure_key_file(path, now=machine_now())
    return path


def renew_city_key(data_dir: Path) -> Path:
    """Set the present key aside, beside the new one and under its key id, and make a new one; return the new file.

    Its X.509 certificate, where it has one, goes with it.
    """
    path = ensure_city_key(data_dir)
    former = f"{path.stem}-{load_key_file(path).public.key_id}"
    for suffix in (path.suffix, ".pub", ".crt"):
        if path.with_suffix(suffix).exists():
            path.with_suffix(suffix).rename(path.with_name(former + suffix))
    return ensure_city_key(data_dir)
