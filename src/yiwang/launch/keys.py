"""Where an installation keeps its keys (`data_dir/keys`, never the repository), and the secret it makes at its first
start.

The city's signing key stands in the same folder; it is made and read with `kernel.crypto`, on which this floor does
not lean.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

__all__ = ["CITY_KEY", "ensure", "folder", "secret_key"]

SESSION_KEY = "session.key"
CITY_KEY = "city-signing.pem"


def folder(data_dir: Path) -> Path:
    """Where the keys of the installation in `data_dir` stand."""
    return data_dir / "keys"


def ensure(data_dir: Path) -> Path:
    """Make the folder (0700) and the session secret (0600) if they are missing; return the folder."""
    keys = folder(data_dir)
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = keys / SESSION_KEY
    if not path.exists():
        temporary = keys / f".{SESSION_KEY}.{os.getpid()}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(64))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)  # refuses to replace what another process has just made
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    return keys


def secret_key(data_dir: Path) -> str:
    """The secret with which sessions and tokens are signed. Raises FileNotFoundError before `ensure`."""
    return (folder(data_dir) / SESSION_KEY).read_text("ascii")
