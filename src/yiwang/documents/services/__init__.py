"""Everything that changes what is kept: files, named by the digest of their content, on the disk for good before any row names them;
certificates and their history.

What is not here yet: versions, seals, the archive, and object stores other than a folder.
"""

from yiwang.documents.services.guessing import system_forget_guesses, verify_identifier
from yiwang.documents.services.issuing import Cause, system_issue_certificate
from yiwang.documents.services.receiving import attach, receive
from yiwang.documents.services.replacing import replace
from yiwang.documents.services.sheets import make_sheet
from yiwang.documents.services.standing import resume, revoke, suspend, system_revoke_of_case
from yiwang.documents.services.storing import no_room, store
from yiwang.documents.services.tidying import system_discard_unused, system_tidy_files

__all__ = [
    "Cause",
    "attach",
    "make_sheet",
    "no_room",
    "receive",
    "replace",
    "resume",
    "revoke",
    "store",
    "suspend",
    "system_discard_unused",
    "system_forget_guesses",
    "system_issue_certificate",
    "system_revoke_of_case",
    "system_tidy_files",
    "verify_identifier",
]
