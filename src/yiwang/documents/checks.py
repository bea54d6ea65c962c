"""What `yiwang doctor` asks of files."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from yiwang.documents.queries import files_folder, system_list_lost
from yiwang.kernel.health import Finding

__all__ = ["lost_files"]


def lost_files() -> Iterable[Finding]:
    """Files that rows name and the folder does not have."""
    lost = list(islice(system_list_lost(), 20))
    for digest in lost:
        yield Finding(
            False,
            f"The file {digest} is lost or cut short.",
            f"Bring it back from the backup of {files_folder()} under the same name.",
        )
    if not lost:
        yield Finding(True, "Every file that a row names is there.")
