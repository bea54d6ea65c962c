"""SM2 signatures of others are checked by the OpenSSL of the system."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.authorities import new_key, openssl

from yiwang.kernel import sm2

VECTOR_KEY = bytes.fromhex(
    "3059301306072a8648ce3d020106082a811ccf5501822d034200"
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
"""GB/T 32918.5-2017, annex A.2: the key, and of the signature of “message digest” r and s."""
VECTOR = bytes.fromhex(
    "3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)


def test_the_signature_of_the_standard_holds_and_no_changed_one_does() -> None:
    assert sm2.is_available(), "the tests need OpenSSL 3 with SM2"
    assert sm2.verify(VECTOR_KEY, b"message digest", VECTOR)
    assert not sm2.verify(VECTOR_KEY, b"message digesT", VECTOR)
    for place in range(len(VECTOR)):
        changed = VECTOR[:place] + bytes([VECTOR[place] ^ 1]) + VECTOR[place + 1 :]
        assert not sm2.verify(VECTOR_KEY, b"message digest", changed), place


def test_what_openssl_signs_under_the_default_id_holds_and_under_another_does_not(tmp_path: Path) -> None:
    key, content = new_key(tmp_path / "k", "SM2"), tmp_path / "content"
    content.write_bytes("一网".encode())
    spki = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")
    signed = ["pkeyutl", "-sign", "-inkey", key, "-rawin", "-digest", "sm3", "-in", content, "-pkeyopt"]
    assert sm2.verify(spki, content.read_bytes(), openssl(*signed, "distid:1234567812345678"))
    assert not sm2.verify(spki, content.read_bytes(), openssl(*signed, "distid:somebody else"))


@pytest.mark.parametrize("kind", ["P-256", "RSA", "Ed25519"])
def test_a_key_of_another_kind_has_signed_nothing(tmp_path: Path, kind: str) -> None:
    spki = openssl("pkey", "-in", new_key(tmp_path / "k", kind), "-pubout", "-outform", "DER")
    assert not sm2.verify(spki, b"message digest", VECTOR)


@pytest.mark.parametrize("key", [b"", b"\x30", b"\x30\x80", VECTOR_KEY[:-1], VECTOR_KEY[:-1] + b"\x14", b"x" * 10_000])
def test_what_is_no_key_has_signed_nothing(key: bytes) -> None:
    assert not sm2.verify(key, b"message digest", VECTOR)


def test_a_machine_without_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sm2, "_library", lambda: None)
    assert not sm2.is_available()
    with pytest.raises(RuntimeError):
        sm2.verify(VECTOR_KEY, b"message digest", VECTOR)
