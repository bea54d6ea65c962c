"""Files, certificates and what can go wrong with them, as others see them. No database here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from yiwang.kernel.errors import Conflict, Fault, Invalid, msgid

__all__ = [
    "NOTICES",
    "EVIDENCE",
    "EVIDENCE_TYPES",
    "LARGEST_EVIDENCE",
    "CannotIssue",
    "CertificateIncomplete",
    "CertificateLine",
    "CertificateNotOpen",
    "CertificatePage",
    "CertificateStatus",
    "CertificateView",
    "Content",
    "ContentField",
    "Download",
    "FieldShown",
    "FileHandedIn",
    "FileInfected",
    "FileRef",
    "FileRefused",
    "FileTooLarge",
    "Finding",
    "Form",
    "Held",
    "HolderUnknown",
    "Issuer",
    "IssuerUnfit",
    "Limits",
    "PublishedKey",
    "QuotaUsed",
    "ScannerAway",
    "SigningKeyEnded",
    "SigningKeyMissing",
    "StatusLine",
    "StorageFull",
    "TooManyGuesses",
    "Verification",
    "file_size",
]


def file_size(size: int) -> str:
    """How large a file is, for people: 340 KB, 1.2 MB."""
    if size < 1 << 20:
        return f"{max(1, round(size / 1024))} KB"
    return f"{size / (1 << 20):.1f}".removesuffix(".0") + " MB"


EVIDENCE = "evidence"
"""Instead of an element's id: a paper that shows something and that no form asks for."""
EVIDENCE_TYPES = ("pdf", "jpeg", "png")
LARGEST_EVIDENCE = 10 << 20

NOTICES = {"live": "", "rehearsal": "演练 无法律效力", "invented": "演示 无法律效力", "sample": "样本"}
"""Origin → what stands across the page, so that nobody takes it for what it is not."""


@dataclass(frozen=True, slots=True)
class FileRef:
    """A stored file.  digest: SHA-256 of the content, hex.  size: bytes.  media_type: as RFC 6838 says, e.g. `application/pdf`."""

    digest: str
    size: int
    media_type: str


@dataclass(frozen=True, slots=True)
class FileHandedIn(FileRef):
    """A file that somebody handed in.  id: under which it is asked for.  name: what it is called, for people."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How much people may hand in, in bytes: in one file, whatever an element says, and in one account's files of one civil day."""

    largest_file: int
    a_day: int


class FileTooLarge(Fault):
    """The file is larger than what may be stored here. `params`: `largest` (MB)."""

    code = "file-too-large"
    status = 413
    title = "The file is too large"
    next_step = "Send a smaller file; your other answers are kept."


class FileRefused(Invalid):
    """The file is not what may be handed in here; `faults` says everything that is wrong with it."""

    code = "file-refused"
    title = "This file cannot be taken"
    next_step = "Choose another file. Your other answers are kept."


class FileInfected(Fault):
    """A scanner found harmful software in the file. Nothing of it was kept. `params`: `found`, the scanner's name for it."""

    code = "file-infected"
    status = 422
    title = "This file holds harmful software"
    next_step = "Do not open the file; have your computer checked. Hand in a clean copy. Your other answers are kept."


class ScannerAway(Fault):
    """Files are to be scanned and the scanner does not answer. Nothing was kept: what cannot be checked is not taken."""

    code = "scanner-away"
    status = 503
    title = "Files cannot be checked for harmful software just now"
    next_step = "Try again in a few minutes; your other answers are kept. Or bring the file to the service hall."


class StorageFull(Fault):
    """There is no room for the file. Nothing of it was kept."""

    code = "storage-full"
    status = 507
    title = "There is no room to keep the file just now"
    next_step = "Try again later; your other answers are kept. Or bring the file to the service hall."


class QuotaUsed(Fault):
    """The account has handed in as much today as one may. `params`: `a_day` (MB)."""

    code = "upload-quota-used"
    status = 429
    title = "You have handed in too many files today"
    next_step = "Go on tomorrow, or bring the file to the service hall. Your other answers are kept."


# ── Certificates ────────────────────────────────────────────────────────────────────────────────────────────────────────

FORMAT = "yiwang.certificate.v1"


class CertificateStatus(StrEnum):
    """Where a certificate stands. `expired` is never stored: it follows from its dates."""

    VALID = "valid"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    REPLACED = "replaced"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Held:
    """Who holds a certificate.  kind: of subject.  scheme, identifier: by what it is known; `scheme_title` in Chinese."""

    kind: str
    name: str
    scheme: str
    scheme_title: str
    identifier: str


@dataclass(frozen=True, slots=True)
class Issuer:
    """The unit that issued it.  code: its unified social credit code."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class ContentField:
    """One thing that it says.  value: as canonical JSON holds it.  shown: for people, in Chinese."""

    element: str
    title: str
    value: Any
    shown: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a certificate says and what is signed. Texts are Chinese: a certificate is an official document.

    valid_until: the last civil date on which it holds; None without an end.  law: (law, article).  verify: the address in its QR code.
    replaces: identifier of the version before it.  signed_at: machine time.  origin: live | rehearsal | invented; `sample` is no
    certificate.
    """

    identifier: str
    type_id: str
    type_code: str
    title: str
    title_en: str
    number: str
    version: int
    holder: Held
    issuer: Issuer
    issued_on: date
    valid_from: date
    valid_until: date | None
    fields: tuple[ContentField, ...]
    law: tuple[tuple[str, str], ...]
    verify: str
    origin: str
    replaces: str | None = None
    case_number: str | None = None
    release: int = 0
    signed_at: datetime | None = None
    suite: str = "intl"
    key_id: str = ""

    def plain(self) -> Mapping[str, Any]:
        """The same as canonical JSON takes it: the document that is signed. Its keys are for ever; some may be added."""
        return {
            "format": FORMAT,
            "identifier": self.identifier,
            "type": {"id": self.type_id, "code": self.type_code, "title": self.title, "title_en": self.title_en},
            "number": self.number,
            "version": self.version,
            "holder": {
                "kind": self.holder.kind,
                "name": self.holder.name,
                "scheme": self.holder.scheme,
                "scheme_title": self.holder.scheme_title,
                "identifier": self.holder.identifier,
            },
            "issuer": {"name": self.issuer.name, "code": self.issuer.code},
            "issued_on": self.issued_on,
            "valid_from": self.valid_from,
            "valid_until": self.valid_until,
            "fields": [
                {"element": one.element, "title": one.title, "value": one.value, "shown": one.shown}
                for one in self.fields
            ],
            "law": [{"law": law, "article": article} for law, article in self.law],
            "replaces": self.replaces,
            "case": self.case_number,
            "release": self.release,
            "origin": self.origin,
            "signed_at": self.signed_at,
            "suite": self.suite,
            "key_id": self.key_id,
            "verify": self.verify,
        }

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Content:
        """What `plain` gave, read from its JSON. Raises KeyError, TypeError or ValueError for anything else."""
        if plain["format"] != FORMAT:
            raise ValueError("This is no certificate of a known form.")
        holder, issuer, until = plain["holder"], plain["issuer"], plain["valid_until"]
        return cls(
            identifier=plain["identifier"],
            type_id=plain["type"]["id"],
            type_code=plain["type"]["code"],
            title=plain["type"]["title"],
            title_en=plain["type"]["title_en"],
            number=plain["number"],
            version=plain["version"],
            holder=Held(holder["kind"], holder["name"], holder["scheme"], holder["scheme_title"], holder["identifier"]),
            issuer=Issuer(issuer["name"], issuer["code"]),
            issued_on=date.fromisoformat(plain["issued_on"]),
            valid_from=date.fromisoformat(plain["valid_from"]),
            valid_until=date.fromisoformat(until) if until else None,
            fields=tuple(
                ContentField(one["element"], one["title"], one["value"], one["shown"]) for one in plain["fields"]
            ),
            law=tuple((one["law"], one["article"]) for one in plain["law"]),
            verify=plain["verify"],
            origin=plain["origin"],
            replaces=plain["replaces"],
            case_number=plain["case"],
            release=plain["release"],
            signed_at=datetime.fromisoformat(plain["signed_at"]) if plain["signed_at"] else None,
            suite=plain["suite"],
            key_id=plain["key_id"],
        )


@dataclass(frozen=True, slots=True)
class FieldShown:
    """A field as a reader may see it.  covered: it is masked for him."""

    element: str
    title: str
    shown: str
    covered: bool = False


@dataclass(frozen=True, slots=True)
class StatusLine:
    """One line of a certificate's history.  by: title of the post that decided, or empty for the platform itself."""

    status: CertificateStatus
    at: datetime
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class CertificateLine:
    """A certificate in a list.  status: on the day of asking.  title: for the reader.  valid_until: last day, None without an end.

    digest: SHA-256 of the content that is signed (hex).
    """

    id: UUID
    identifier: str
    type: str
    title: str
    number: str
    version: int
    status: CertificateStatus
    holder_id: UUID
    holder_name: str
    unit_title: str
    issued_at: datetime
    valid_from: date
    valid_until: date | None
    case_id: UUID | None
    case_number: str
    origin: str
    digest: str


@dataclass(frozen=True, slots=True)
class CertificateView:
    """A certificate as its holder, or the unit that keeps it, reads it.

    reason: of its present status, or empty.  replaces, replaced_by: the versions before and after it.  may: acts that this reader may do
    now (suspend, resume, revoke, replace).  signed_at: machine time.
    """

    line: CertificateLine
    fields: tuple[FieldShown, ...]
    reason: str
    history: tuple[StatusLine, ...]
    law: tuple[tuple[str, str], ...]
    replaces: UUID | None
    replaced_by: UUID | None
    may: tuple[str, ...]
    signed_at: datetime | None
    key_id: str


@dataclass(frozen=True, slots=True)
class CertificatePage:
    """A page of certificates, newest first.  next: cursor of the next page, or None."""

    rows: tuple[CertificateLine, ...]
    next: str | None


class Form(StrEnum):
    """In what forms a certificate is given out: its page, what is signed, and the signatures over the bytes of either."""

    PDF = "pdf"
    JSON = "json"
    JSON_SIGNATURE = "json.sig"
    PDF_SIGNATURE = "pdf.sig"


@dataclass(frozen=True, slots=True)
class Download:
    """A file to be given out.  name: what it is called, ASCII."""

    name: str
    media_type: str
    content: bytes


class Finding(StrEnum):
    """What a check of authenticity found.

    genuine: this city issued exactly this.  changed: it names a certificate of this city and is not what was signed.  other-signature: the
    signature that came with it is not this city's over this.  unknown: this city issued nothing that is byte for byte the same.
    """

    GENUINE = "genuine"
    CHANGED = "changed"
    OTHER_SIGNATURE = "other-signature"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verification:
    """The answer to who checks a certificate. Everything below `finding` is empty unless it is genuine.

    holder, fields: only for who has the certificate itself (its file, or the code on it): somebody who merely knows or guesses an
    identifier learns what kind it is, whose, and where it stands, and nothing of a person. What is personal is covered in any case.
    since: from when the status holds.
    """

    finding: Finding
    identifier: str = ""
    title: str = ""
    number: str = ""
    version: int = 0
    status: CertificateStatus | None = None
    since: datetime | None = None
    issuer: str = ""
    issued_on: date | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    holder: str = ""
    fields: tuple[FieldShown, ...] = ()
    law: tuple[tuple[str, str], ...] = ()
    signed_at: datetime | None = None
    key_id: str = ""
    origin: str = "live"


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """A public key with which this city signs or signed.  pem: SubjectPublicKeyInfo.  is_current: new signatures are made with it."""

    key_id: str
    suite: str
    pem: bytes
    is_current: bool


# ── Faults ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


STANDS = {
    CertificateStatus.VALID: msgid("The certificate is valid."),
    CertificateStatus.SUSPENDED: msgid("The certificate is suspended."),
    CertificateStatus.REVOKED: msgid("The certificate has been revoked."),
    CertificateStatus.REPLACED: msgid("The certificate has been replaced by a later version."),
    CertificateStatus.EXPIRED: msgid("The certificate has expired."),
}


class CertificateNotOpen(Conflict):
    """What is asked cannot be done with a certificate that stands so; one of `STANDS` says how."""

    code = "certificate-status"
    title = msgid("This cannot be done with the certificate as it stands")
    next_step = msgid("Look at its history to see what happened.")


class TooManyGuesses(Fault):
    """Too many identifiers that do not exist were asked for from here. `params`: `minutes` until more may be."""

    code = "too-many-guesses"
    status = 429
    title = msgid("Too many identifiers that do not exist")
    next_step = msgid("Scan the QR code or upload the file: both go on working. Or try again later.")


class CannotIssue(Fault):
    """A certificate cannot be made from what is there; nothing was issued. Mend the cause and try again."""

    code = "cannot-issue"
    status = 500
    title = msgid("The certificate cannot be issued")
    next_step = msgid("Tell the system administrator; once the cause is mended, it is tried again and nothing is lost.")


class SigningKeyMissing(CannotIssue):
    """There is no signing key, or it cannot be used."""

    code = "signing-key-missing"
    status = 503
    title = msgid("The city's signing key is missing")


class SigningKeyEnded(CannotIssue):
    """The signing key no longer serves, or does not yet."""

    code = "signing-key-ended"
    status = 503
    title = msgid("The city's signing key does not serve today")


class CertificateIncomplete(CannotIssue):
    """A value that the certificate must say is missing. `params`: `elements`."""

    code = "certificate-incomplete"
    title = msgid("Something that the certificate must say is missing")


class HolderUnknown(CannotIssue):
    """Nobody is known by the identifier that names the holder, or he is of another kind."""

    code = "holder-unknown"
    title = msgid("The holder of the certificate is not known")


class IssuerUnfit(CannotIssue):
    """The unit that should issue it has no unified social credit code, or no unit has the case."""

    code = "issuer-unfit"
    title = msgid("The unit cannot issue certificates")
