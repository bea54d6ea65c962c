"""Files, certificates and what can go wrong with them, as others see them. No database here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from yiwang.kernel.errors import Fault

__all__ = ["Content", "ContentField", "FileRef", "FileTooLarge", "Held", "Issuer"]


@dataclass(frozen=True, slots=True)
class FileRef:
    """A stored file.  digest: SHA-256 of the content, hex.  size: bytes.  media_type: as RFC 6838 says, e.g. `application/pdf`."""

    digest: str
    size: int
    media_type: str


class FileTooLarge(Fault):
    """The file is larger than what may be stored here. `params`: `largest_bytes`."""

    code = "file-too-large"
    status = 413
    title = "The file is too large"
    next_step = "Send a smaller file; your other answers are kept."


# ── Certificates ────────────────────────────────────────────────────────────────────────────────────────────────────────

FORMAT = "yiwang.certificate.v1"


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
