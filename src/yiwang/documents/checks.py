"""What `yiwang doctor` asks of files and certificates."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from yiwang.documents.queries import files_folder, system_list_lost, system_unissued_numbers
from yiwang.documents.registry import fonts, scanners
from yiwang.documents.rules.typesetting import FontsMissing, typeset_fonts
from yiwang.documents.services.scanning import ClamAV
from yiwang.documents.values import ScannerAway
from yiwang.kernel.health import Finding

__all__ = ["certificates_can_be_issued", "lost_files", "scanner_answers"]


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


def certificates_can_be_issued() -> Iterable[Finding]:
    """Whether what certificates are made with is there, and whether a number was taken that no certificate bears."""
    try:
        typeset_fonts(fonts())
        yield Finding(True, "The fonts of certificates are there.")
    except FontsMissing as fault:
        yield Finding(False, str(fault), "make setup")
    for type, number in islice(system_unissued_numbers(), 20):
        yield Finding(
            False,
            f"The number {number} of the certificate {type} was taken over a day ago, and no certificate bears it.",
            "Look at its case; when the cause is mended: yiwang retry --actions",
        )


def scanner_answers() -> Iterable[Finding]:
    """Whether the scanner of files that are handed in is there; without one configured, that there is none."""
    if not scanners():
        yield Finding(True, "Files that are handed in are not scanned: YIWANG_CLAMAV names no scanner.")
    for name, look in scanners().items():
        if not isinstance(look, ClamAV):
            continue
        try:
            look.ping()
        except ScannerAway:
            yield Finding(
                False,
                f"The scanner {name} at {look.address} does not answer: no file is taken meanwhile.",
                "Start it (systemctl start clamav-daemon), or correct YIWANG_CLAMAV.",
            )
        else:
            yield Finding(True, f"The scanner {name} at {look.address} answers.")
