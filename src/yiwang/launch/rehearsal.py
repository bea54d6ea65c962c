"""Settings of the city in which rehearsals are played: a folder, a server, a port and a time of its own."""

from __future__ import annotations

import socket

from yiwang.launch.configuration import Configuration

__all__ = ["rehearsal_settings"]

FOLDER = "rehearsals"
DATABASE = "rehearsal"


def rehearsal_settings(given: Configuration) -> Configuration:
    """Settings of a city that rehearses, beside the one that `given` describes; of that it takes packs and binaries alone."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    return given.model_copy(
        update={
            "data_dir": given.data_dir / FOLDER,
            "files_dir": None,
            "database_url": None,
            "app_database_url": None,
            "database_name": DATABASE,
            "host": "127.0.0.1",
            "port": port,
            "web_workers": 1,
            "https": False,
            "demo": True,
            "size": "tiny",
            "origin": "rehearsal",
            "log_level": "INFO",
            "log_format": "json",
        }
    )
