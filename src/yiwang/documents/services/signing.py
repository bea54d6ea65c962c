"""The city's key, as certificates are signed with it. It is never made here: one that is lost must be missed, not replaced in silence."""

from __future__ import annotations

import os
import secrets

from yiwang.audit.queries import city_key_path
from yiwang.documents.queries.verification import certificate_path
from yiwang.documents.rules.pades import is_of, make_certificate
from yiwang.documents.values import SigningKeyEnded, SigningKeyMissing
from yiwang.kernel.crypto import KeyFault, SigningKey, load_key_file
from yiwang.kernel.errors import msgid
from yiwang.kernel.time import machine_now
from yiwang.places.queries import city

__all__ = ["signing_chain", "signing_key"]


def signing_key() -> SigningKey:
    """The key in use. Raises SigningKeyMissing, SigningKeyEnded: nothing may be signed then."""
    path = city_key_path()
    try:
        key = load_key_file(path)
    except KeyFault as fault:
        raise SigningKeyMissing(msgid("The signing key cannot be used: {reason}"), reason=str(fault)) from fault
    if not key.serves_at(machine_now()):
        raise SigningKeyEnded(msgid("The system administrator renews it."))
    return key


def signing_chain(key: SigningKey) -> list[bytes]:
    """X.509 certificates (DER) of the key, its own first. Without a file from a certification authority one is made, once.

    Raises SigningKeyMissing when the file is of another key.
    """
    from asn1crypto import pem

    path = certificate_path()
    if not path.exists():
        place = city()
        made = make_certificate(key, f"{place.title if place else ''} 一网".strip(), at=machine_now())
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            with open(temporary, "xb") as file:
                file.write(pem.armor("CERTIFICATE", made))
                file.flush()
                os.fsync(file.fileno())
            os.link(temporary, path)  # of two processes that find none, both get the certificate of one
        except FileExistsError:
            pass
        finally:
            temporary.unlink(missing_ok=True)
    chain = [content for _, _, content in pem.unarmor(path.read_bytes(), multiple=True)]
    if not is_of(chain[0], key):
        raise SigningKeyMissing(msgid("The certificate {path} is of another key."), path=path)
    return chain
