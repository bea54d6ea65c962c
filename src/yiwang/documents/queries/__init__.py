"""Reads of the engine `documents`."""

from yiwang.documents.queries.certificates import (
    certificate,
    certificates_for_applicant,
    certificates_of,
    certificates_of_case,
    count_certificates,
    download,
    list_certificates,
    may_act,
    system_unissued_numbers,
)
from yiwang.documents.queries.files import (
    file,
    files_folder,
    given_files,
    open_content,
    open_file,
    path_of,
    stored,
    system_list_damaged,
    system_list_lost,
    upload_limits,
)
from yiwang.documents.queries.verification import published_keys, signing_certificate, verify_document, verify_token

__all__ = [
    "certificate",
    "certificates_for_applicant",
    "certificates_of",
    "certificates_of_case",
    "count_certificates",
    "download",
    "file",
    "files_folder",
    "given_files",
    "list_certificates",
    "may_act",
    "open_content",
    "open_file",
    "path_of",
    "published_keys",
    "signing_certificate",
    "stored",
    "system_list_damaged",
    "system_list_lost",
    "system_unissued_numbers",
    "upload_limits",
    "verify_document",
    "verify_token",
]
