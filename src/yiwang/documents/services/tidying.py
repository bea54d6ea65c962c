"""Discard what nothing came to use: handed-in files that stayed alone, contents without a row, halves of a transfer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.db import transaction

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, system
from yiwang.documents.events import FILE_DISCARDED
from yiwang.documents.models import File, Upload
from yiwang.documents.queries import files_folder, path_of
from yiwang.documents.services.storing import INCOMING, lock_content
from yiwang.kernel.time import now

__all__ = ["system_discard_unused", "system_tidy_files"]

UNUSED_FOR = timedelta(days=7)
"""How long a file that was handed in waits for its form to be sent; business time."""
NAMELESS_FOR = timedelta(days=1)
"""How long a content without a row, or half of one, is left alone; machine time. A backup may be on its way back."""
AT_ONCE = 200


def system_tidy_files() -> None:
    """Everything of it, in steps of a few hundred rows or one folder, each its own transaction."""
    actor = system("documents.tidy")
    while system_discard_unused(actor) == AT_ONCE:
        pass
    before = time.time() - NAMELESS_FOR.total_seconds()
    for path in files_folder().glob(f"{INCOMING}*"):
        if _is_older(path, before):
            path.unlink(missing_ok=True)
    for folder in sorted(files_folder().glob("[0-9a-f][0-9a-f]")):
        for digest in _nameless(folder, before):
            _discard_content(digest)


@service("file.discard")
def system_discard_unused(actor: Actor) -> int:
    """Forget up to 200 handed-in files that nothing came to use within seven days, and contents that nobody else named; say how many."""
    act = current_act()
    act.about("files", "unused")
    unused = list(
        Upload.objects.filter(uses__isnull=True, received_at__lt=now() - UNUSED_FOR)
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("received_at")[:AT_ONCE]
    )
    # Whoever takes a file for a thing in this moment has locked its row first, or finds it gone.
    unused = [one for one in unused if not one.uses.exists()]
    for one in unused:
        act.about("file", one.id)
        act.emit(FILE_DISCARDED, subject=one.id)
    Upload.objects.filter(pk__in=[one.pk for one in unused]).delete()
    for file in File.objects.filter(pk__in={one.file_id for one in unused}, is_ours=False).order_by("digest"):
        digest = bytes(file.digest).hex()
        lock_content(digest)
        if not file.uploads.exists():
            file.delete()
            transaction.on_commit(partial(_discard_content, digest))
    act.note(discarded=len(unused))
    return len(unused)


def _nameless(folder: Path, before: float) -> Iterator[str]:
    """Digests of contents in one folder that no row names and that have lain there for a while."""
    lying = {
        folder.name + path.name: path
        for path in folder.iterdir()
        if len(path.name) == 62 and set(path.name) <= set("0123456789abcdef")
    }
    named = {
        bytes(digest).hex()
        for digest in File.objects.filter(digest__in=[bytes.fromhex(one) for one in lying]).values_list(
            "digest", flat=True
        )
    }
    for digest, path in lying.items():
        if digest not in named and _is_older(path, before):
            yield digest


def _is_older(path: Path, before: float) -> bool:
    try:
        return path.stat().st_mtime < before
    except FileNotFoundError:
        return False


def _discard_content(digest: str) -> None:
    """Delete a content unless a row names it by now."""
    with transaction.atomic():
        lock_content(digest)
        if not File.objects.filter(digest=bytes.fromhex(digest)).exists():
            path_of(digest).unlink(missing_ok=True)
