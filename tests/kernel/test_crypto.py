"""Signing keys and sealed values; openssl is the stranger who checks."""

import os
import random
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from yiwang.kernel.crypto import (
    INTL,
    KeyFault,
    NotSealed,
    SigningKey,
    ensure_key_file,
    load_key_file,
    suite_named,
    write_key_file,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2029, 1, 1, tzinfo=UTC)


@pytest.fixture
def key() -> SigningKey:
    return INTL.generate(not_before=START, not_after=END)


def openssl(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *arguments], capture_output=True, timeout=30)


def test_openssl_verifies_what_was_signed(key: SigningKey, tmp_path: Path) -> None:
    write_key_file(tmp_path / "city.pem", key)
    (tmp_path / "data").write_bytes("秀英区".encode())
    (tmp_path / "signature").write_bytes(key.sign("秀英区".encode()))
    check = ["dgst", "-sha256", "-verify", tmp_path / "city.pub", "-signature", tmp_path / "signature"]
    assert openssl(*check, tmp_path / "data").stdout == b"Verified OK\n"
    (tmp_path / "data").write_bytes("龙华区".encode())
    assert openssl(*check, tmp_path / "data").returncode != 0


def test_what_openssl_signs_with_the_key_file_verifies(key: SigningKey, tmp_path: Path) -> None:
    write_key_file(tmp_path / "city.pem", key)
    (tmp_path / "data").write_bytes(b"data")
    signed = openssl("dgst", "-sha256", "-sign", tmp_path / "city.pem", tmp_path / "data")
    assert signed.returncode == 0, signed.stderr
    assert key.public.verify(b"data", signed.stdout)


def test_every_flipped_bit_of_signature_or_data_is_seen(key: SigningKey) -> None:
    data, dice = os.urandom(200), random.Random(64)
    signature = key.sign(data)
    assert key.public.verify(data, signature)
    for _ in range(64):
        for good, check in (
            (data, lambda bad: key.public.verify(bad, signature)),
            (signature, lambda bad: key.public.verify(data, bad)),
        ):
            bad = bytearray(good)
            bad[dice.randrange(len(bad))] ^= 1 << dice.randrange(8)
            assert not check(bytes(bad))


@given(st.binary(max_size=100))
def test_what_is_no_signature_does_not_verify(signature: bytes) -> None:
    assert not _KEY.public.verify(b"data", signature)


_KEY = INTL.generate(not_before=START, not_after=END)


def test_another_key_does_not_verify(key: SigningKey) -> None:
    assert not _KEY.public.verify(b"data", key.sign(b"data"))


def test_a_key_id_is_the_thumbprint_of_rfc_7638() -> None:
    # The P-256 key of RFC 7517 appendix A.1; its thumbprint computed by hand from RFC 7638 §3.
    numbers = ec.EllipticCurvePublicNumbers(
        int.from_bytes(bytes.fromhex("30a0424cd21c2944838a2d75c92b37e76ea20d9f00893a3b4eee8a3c0aafec3e")),
        int.from_bytes(bytes.fromhex("e04b65e92456d9888b52b379bdfbd51ee869ef1f0fc65b6659695b6cce081723")),
        ec.SECP256R1(),
    )
    pem = numbers.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert INTL.load_public(pem).key_id == "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s"


def test_a_key_file_keeps_key_and_term(key: SigningKey, tmp_path: Path) -> None:
    path = tmp_path / "city.pem"
    write_key_file(path, key)
    loaded = load_key_file(path)
    assert (loaded.suite, loaded.not_before, loaded.not_after) == ("intl", START, END)
    assert loaded.public.key_id == key.public.key_id
    assert INTL.load_public(path.with_suffix(".pub").read_bytes()).key_id == key.public.key_id
    assert f"Not-After: {END.isoformat()}" in path.read_text("ascii")


@pytest.mark.parametrize(
    ("moment", "serves"),
    [(START - timedelta(seconds=1), False), (START, True), (END - timedelta(seconds=1), True), (END, False)],
)
def test_a_key_serves_in_its_term(key: SigningKey, moment: datetime, serves: bool) -> None:
    assert key.serves_at(moment) is serves


def test_a_key_file_without_a_term_is_read_and_says_so(key: SigningKey, tmp_path: Path) -> None:
    path = tmp_path / "plain.pem"
    path.write_bytes(key.private_pem())
    path.chmod(0o600)
    assert load_key_file(path).not_after is None


def test_a_key_file_is_for_its_owner_alone(key: SigningKey, tmp_path: Path) -> None:
    path = tmp_path / "city.pem"
    before = os.umask(0)
    try:
        write_key_file(path, key)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    for mode in (0o640, 0o604, 0o660, 0o610):
        path.chmod(mode)
        with pytest.raises(KeyFault, match="chmod 600") as caught:
            load_key_file(path)
        assert caught.value.code == "readable-by-others"


def test_a_key_is_never_overwritten_and_leaves_no_rest(key: SigningKey, tmp_path: Path) -> None:
    path = tmp_path / "city.pem"
    write_key_file(path, key)
    with pytest.raises(KeyFault) as caught:
        write_key_file(path, _KEY)
    assert caught.value.code == "exists"
    assert load_key_file(path).public.key_id == key.public.key_id
    assert sorted(one.name for one in tmp_path.iterdir()) == ["city.pem", "city.pub"]


def test_of_several_that_find_no_key_all_get_the_same(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "city.pem"
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: ensure_key_file(path, now=START).public.key_id, range(8)))
    assert len(set(made)) == 1
    later = ensure_key_file(path, now=END)
    assert later.public.key_id == made[0]
    assert later.not_after is not None
    assert later.serves_at(START)
    assert not later.serves_at(START + timedelta(days=4 * 365))
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_what_is_no_key_file_says_why(tmp_path: Path) -> None:
    def code_of(path: Path) -> str:
        with pytest.raises(KeyFault) as caught:
            load_key_file(path)
        return caught.value.code

    def file(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        path.chmod(0o600)
        return path

    assert code_of(tmp_path / "none.pem") == "missing"
    assert code_of(file("empty.pem", b"")) == "unreadable"
    assert code_of(file("noise.pem", os.urandom(3000))) == "unreadable"
    assert code_of(file("huge.pem", b"-" * 10_000_000)) == "unreadable"
    assert code_of(file("half.pem", _KEY.private_pem()[:-40])) == "unreadable"
    assert code_of(file("term.pem", b"Not-After: tomorrow\n\n" + _KEY.private_pem())) == "unreadable"
    assert code_of(file("suite.pem", b"Suite: rot13\n\n" + _KEY.private_pem())) == "unknown-suite"
    other = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert code_of(file("rsa.pem", other)) == "wrong-suite"
    os.mkfifo(tmp_path / "pipe.pem", 0o600)
    assert code_of(tmp_path / "pipe.pem") == "unreadable"
    (tmp_path / "folder").mkdir()
    assert code_of(tmp_path / "folder") == "unreadable"


def test_a_linked_key_file_is_judged_by_the_file_itself(key: SigningKey, tmp_path: Path) -> None:
    write_key_file(tmp_path / "city.pem", key)
    (tmp_path / "link.pem").symlink_to(tmp_path / "city.pem")
    assert load_key_file(tmp_path / "link.pem").public.key_id == key.public.key_id
    (tmp_path / "city.pem").chmod(0o644)
    with pytest.raises(KeyFault, match="chmod 600"):
        load_key_file(tmp_path / "link.pem")


def test_a_key_is_not_shown_by_mistake(key: SigningKey) -> None:
    secret = key.private_pem().decode("ascii").splitlines()[1]
    assert secret not in repr(key)
    assert secret not in f"{key!s} {[key]}"


def test_a_term_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(KeyFault) as caught:
        INTL.generate(not_before=END, not_after=START)
    assert caught.value.code == "empty-term"


# ── sealing ──


@given(st.binary(max_size=200), st.binary(max_size=40))
def test_what_is_sealed_opens_only_unchanged_and_in_its_place(plain: bytes, about: bytes) -> None:
    secret = INTL.new_secret()
    sealed = INTL.seal(secret, plain, about=about)
    assert INTL.open(secret, sealed, about=about) == plain
    assert INTL.seal(secret, plain, about=about) != sealed
    for wrong in (
        sealed[:-1],
        sealed + b"\0",
        b"",
        sealed[:-1] + bytes([sealed[-1] ^ 1]),
        bytes([sealed[0] ^ 1]) + sealed[1:],
    ):
        with pytest.raises(NotSealed):
            INTL.open(secret, wrong, about=about)
    with pytest.raises(NotSealed):
        INTL.open(secret, sealed, about=about + b"x")
    with pytest.raises(NotSealed):
        INTL.open(INTL.new_secret(), sealed, about=about)


def test_suites_are_found_by_name() -> None:
    assert suite_named("intl") is INTL
    with pytest.raises(KeyFault):
        suite_named("none")
