"""Certificate authorities for tests, made by the `openssl` of the system: certificates, lists of revoked ones, and what keys sign."""

from __future__ import annotations

import base64
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyhanko.sign.signers  # noqa: F401 - adds names to `cms`, which the first that uses them fixes for its process
from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from support.demo import PASSWORD, Demo, call

from yiwang.kernel.time import machine_now

DISTID = "distid:1234567812345678"
DIGESTS = {"SM2": "sm3"}
KEYS = {
    "P-256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "P-384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "P-521": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
    "SM2": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2"],
    "RSA": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "RSA-1024": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
    "Ed25519": ["-algorithm", "ED25519"],
}
OF_AUTHORITY = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign")
OF_PERSON = ("basicConstraints=CA:FALSE", "keyUsage=critical,digitalSignature", "extendedKeyUsage=clientAuth")
CONFIGURATION = """
[ca]
default_ca = own
[own]
dir = {folder}
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
unique_subject = no
default_md = {md}
policy = any
crlnumber = {folder}/crlnumber
crl_extensions = of_list
x509_extensions = of_person
[any]
commonName = supplied
organizationName = optional
serialNumber = optional
[of_list]
authorityKeyIdentifier = keyid
{of_list}
[of_person]
{extensions}
"""


def openssl(*words: object, given: bytes = b"") -> bytes:
    """Run it; what it printed. Raises AssertionError with what it complained of."""
    done = subprocess.run(["openssl", *map(str, words)], input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ")


def new_key(path: Path, kind: str) -> Path:
    openssl("genpkey", *KEYS[kind], "-out", path)
    return path


@dataclass(frozen=True)
class Holder:
    """Somebody's key and certificate."""

    kind: str
    key: Path
    certificate: Path

    def sign(
        self, content: bytes, *, form: str = "DER", attached: bool = True, md: str = "sha256", more: Any = ()
    ) -> bytes:
        """What a key program makes of a file: CMS SignedData."""
        if self.kind == "SM2":
            made = sm2_message(self, content, attached=attached)
            return made if form == "DER" else openssl("pkcs7", "-inform", "DER", given=made)
        detached = ["-nodetach"] if attached else []
        signed = ["-signer", self.certificate, "-inkey", self.key, "-md", md, *detached, *more]
        return openssl("cms", "-sign", "-binary", *signed, "-outform", form, given=content)

    def raw(self, content: bytes) -> bytes:
        """The bare signature, by SM2."""
        held = self.key.with_suffix(".in")
        held.write_bytes(content)
        return openssl(
            "pkeyutl", "-sign", "-inkey", self.key, "-rawin", "-digest", "sm3", "-pkeyopt", DISTID, "-in", held
        )

    @property
    def pem(self) -> str:
        return self.certificate.read_text()

    @property
    def der(self) -> bytes:
        return openssl("x509", "-in", self.certificate, "-outform", "DER")


@dataclass
class Authority:
    """An authority with a folder of its own."""

    folder: Path
    kind: str = "P-256"
    name: str = "城市测试认证中心"
    md: str = ""
    extensions: tuple[str, ...] = OF_AUTHORITY
    below: Authority | None = None
    days: tuple[int, int] = (-1, 30)
    count: int = 0
    chain: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        (self.folder / "index.txt").write_text("")
        (self.folder / "crlnumber").write_text("1000\n")
        key = new_key(self.folder / "ca.key", self.kind)
        if self.below is None:
            self._configure(self.extensions)
            request = self._request(key, self.name)
            self._ca(request, self.folder / "ca.pem", self.days, "-selfsign")
            self.chain = [(self.folder / "ca.pem").read_text()]
        else:
            issued = self.below.issue(self.name, extensions=self.extensions, key=key, kind=self.kind)
            (self.folder / "ca.pem").write_bytes(issued.certificate.read_bytes())
            self.chain = [issued.pem, *self.below.chain]

    @property
    def pem(self) -> str:
        return "".join(self.chain)

    def issue(
        self,
        name: str = "林秀英",
        *,
        kind: str = "",
        extensions: tuple[str, ...] = OF_PERSON,
        days: tuple[int, int] = (-1, 10),
        number: str = "",
        md: str = "",
        key: Path | None = None,
    ) -> Holder:
        """A certificate for somebody, and his key."""
        self.count += 1
        kind = kind or self.kind
        key = key or new_key(self.folder / f"{self.count}.key", kind)
        self._configure(extensions, md)
        certificate = self.folder / f"{self.count}.pem"
        self._ca(self._request(key, name, number), certificate, days)
        return Holder(kind, key, certificate)

    def revoke(self, holder: Holder) -> None:
        openssl("ca", "-config", self.folder / "ca.cnf", "-revoke", holder.certificate, *self._own())

    def list(
        self, *, since: timedelta = timedelta(minutes=-1), until: timedelta = timedelta(days=1), more: str = ""
    ) -> bytes:
        """Its list of revoked certificates, in DER."""
        self._configure(OF_PERSON, of_list=more)
        now, made = machine_now(), self.folder / "list.pem"
        times = ["-crl_lastupdate", moment(now + since), "-crl_nextupdate", moment(now + until)]
        openssl("ca", "-config", self.folder / "ca.cnf", "-gencrl", *times, "-out", made, *self._own(), *self._sigopt())
        return openssl("crl", "-in", made, "-outform", "DER")

    def _own(self) -> list[object]:
        return ["-keyfile", self.folder / "ca.key", "-cert", self.folder / "ca.pem"]

    def _sigopt(self) -> list[str]:
        return ["-sigopt", DISTID] if self.kind == "SM2" else []

    def _request(self, key: Path, name: str, number: str = "") -> Path:
        made = key.with_suffix(".csr")
        subject = f"/CN={name}" + (f"/serialNumber={number}" if number else "")
        openssl("req", "-new", "-utf8", "-key", key, "-subj", subject, "-out", made)
        return made

    def _configure(self, extensions: tuple[str, ...], md: str = "", of_list: str = "") -> None:
        text = CONFIGURATION.format(
            folder=self.folder,
            md=md or self.md or DIGESTS.get(self.kind, "sha256"),
            extensions="\n".join(extensions),
            of_list=of_list,
        )
        (self.folder / "ca.cnf").write_text(text)

    def _ca(self, request: Path, out: Path, days: tuple[int, int], *more: str) -> None:
        now = machine_now()
        times = ["-startdate", moment(now + timedelta(days=days[0])), "-enddate", moment(now + timedelta(days=days[1]))]
        own = ["-keyfile", self.folder / "ca.key", *([] if more else ["-cert", self.folder / "ca.pem"])]
        words = ["-config", self.folder / "ca.cnf", "-batch", "-notext", "-utf8", "-in", request, "-out", out]
        openssl("ca", *words, *times, *own, *self._sigopt(), *more)


def sm2_message(holder: Holder, content: bytes, *, attached: bool = True, attributes: bool = True) -> bytes:
    """CMS by SM2 and SM3, as GM/T 0010 has it. OpenSSL 3.0 signs by SM2 but makes no CMS of it."""
    certificate = asn1_x509.Certificate.load(holder.der)
    data = "1.2.156.10197.6.1.4.2.1"
    told = cms.CMSAttributes(
        [
            {"type": "content_type", "values": [data]},
            {"type": "message_digest", "values": [openssl("dgst", "-sm3", "-binary", given=content)]},
        ]
    )
    signer: dict[str, Any] = {
        "version": "v1",
        "sid": cms.SignerIdentifier(
            "issuer_and_serial_number", {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
        ),
        "digest_algorithm": {"algorithm": "1.2.156.10197.1.401"},
        "signature_algorithm": {"algorithm": "1.2.156.10197.1.301.1"},
        "signature": holder.raw(told.dump() if attributes else content),
    }
    if attributes:
        signer["signed_attrs"] = told
    return message_of(signer, [certificate], content if attached else None, outer="1.2.156.10197.6.1.4.2.2", data=data)


class Inner(core.Sequence):
    _fields = [("type", core.ObjectIdentifier), ("content", core.OctetString, {"explicit": 0, "optional": True})]


class Signed(core.Sequence):
    _fields = [
        ("version", core.Integer),
        ("digest_algorithms", cms.DigestAlgorithms),
        ("content", Inner),
        ("certificates", cms.CertificateSet, {"implicit": 0, "optional": True}),
        ("signer_infos", cms.SignerInfos),
    ]


class Outer(core.Sequence):
    _fields = [("type", core.ObjectIdentifier), ("content", Signed, {"explicit": 0})]


def message_of(
    signer: Any,
    certificates: list[Any],
    content: bytes | None,
    *,
    outer: str = "1.2.840.113549.1.7.2",
    data: str = "1.2.840.113549.1.7.1",
) -> bytes:
    """CMS SignedData out of its parts, whatever sense they make."""
    signers = signer if isinstance(signer, list) else [signer]
    inner = {"type": data} if content is None else {"type": data, "content": content}
    signed = {
        "version": 1,
        "digest_algorithms": [],
        "content": Inner(inner),
        "certificates": [cms.CertificateChoices("certificate", one) for one in certificates],
        "signer_infos": signers,
    }
    made: bytes = Outer({"type": outer, "content": Signed(signed)}).dump()
    return made


def parts_of(message: bytes) -> tuple[Any, list[Any], bytes | None]:
    """Signer, certificates and content of a message that openssl made."""
    signed = cms.ContentInfo.load(message)["content"]
    [signer] = signed["signer_infos"]
    held = signed["encap_content_info"]["content"]
    return signer, [one.chosen for one in signed["certificates"]], None if isinstance(held, core.Void) else bytes(held)


# ── In the city ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def declared(demo: Demo, authority: Authority, **changes: Any) -> str:
    """Add it over the API; its id."""
    given = {"title": authority.name, "people": "both", "chain": authority.pem, "has_list": True, **changes}
    made = call(demo.client("sys.admin", post=True), "POST", "/api/v1/authorities", given)
    assert made.status_code == 201, made.content.decode()
    id: str = made.json()["id"]
    return id


def bring(demo: Demo, id: str, given: bytes) -> Any:
    sent = {"list": base64.b64encode(given).decode()}
    return call(demo.client("sys.admin", post=True), "POST", f"/api/v1/authorities/{id}/list", sent)


def opened(demo: Demo, authority: Authority, **changes: Any) -> str:
    """Add it, bring its list, and open it with the other administrator's consent where the city asks for one; its id."""
    id = declared(demo, authority, **changes)
    if changes.get("has_list", True):
        taken = bring(demo, id, authority.list())
        assert taken.status_code == 200, taken.content.decode()
    open_again(demo, id)
    return id


def open_again(demo: Demo, id: str) -> None:
    administrator = demo.client("sys.admin", post=True)
    digest = administrator.get(f"/api/v1/authorities/{id}").json()["digest"]
    due = call(administrator, "POST", f"/api/v1/authorities/{id}/opening", {"digest": digest})
    if due.status_code == 204:
        return
    said = due.json()
    wanted = {"action": said["action"], "arguments": said["arguments"], "reason": "持证人员登录"}
    asked = call(administrator, "POST", "/api/v1/consents", wanted)
    assert asked.status_code == 201, asked.content.decode()
    given = call(demo.client("sec.admin", post=True), "POST", f"/api/v1/consents/{asked.json()['id']}", {"act": "give"})
    assert given.status_code == 204, given.content.decode()


def shut(demo: Demo, id: str, login: str = "sys.admin") -> Any:
    return call(demo.client(login, post=True), "POST", f"/api/v1/authorities/{id}/shutting")


def begin(client: Any, **proof: Any) -> bytes:
    """Begin to register a certificate over the API; what is to be signed."""
    asked = call(client, "POST", "/api/v1/login-certificates/challenge", {"password": PASSWORD, **proof})
    assert asked.status_code == 200, asked.content.decode()
    text: str = asked.json()["text"]
    return text.encode()


def hand_in(client: Any, signed: bytes, name: str = "蓝色密钥") -> Any:
    sent = {"name": name, "answer": base64.b64encode(signed).decode()}
    return call(client, "POST", "/api/v1/login-certificates", sent)


def register(client: Any, holder: Holder, **proof: Any) -> Any:
    """Register a certificate to who is signed in; what came back."""
    done = hand_in(client, holder.sign(begin(client, **proof)))
    assert done.status_code == 201, done.content.decode()
    return done.json()


def challenge(client: Any) -> bytes:
    """What a visitor is to sign to come in, or who is signed in to prove himself."""
    asked = client.get("/api/v1/session/certificate")
    assert asked.status_code == 200, asked.content.decode()
    text: str = asked.json()["text"]
    return text.encode()


def answer(client: Any, signed: bytes) -> Any:
    return call(client, "POST", "/api/v1/session/certificate", {"answer": base64.b64encode(signed).decode()})


def come_in(client: Any, holder: Holder, **how: Any) -> Any:
    """Sign in by a certificate over the API; the answer."""
    return answer(client, holder.sign(challenge(client), **how))
