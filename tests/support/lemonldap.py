"""LemonLDAP::NG from the distribution, a portal by which agencies and universities sign people in: for tests with a real program.

One program, three parts: it signs people in at the city (OpenID Connect), and the city signs people in by it (OpenID Connect, SAML).
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from yiwang.kernel.time import machine_now

PLACK = shutil.which("plackup")
SHARED = Path("/usr/share/lemonldap-ng/portal")
NEEDED = "Run tests/tools.sh: LemonLDAP::NG is missing."
PERSON, PERSONS_PASSWORD = "dwho", "dwho"
"""One of the three people whom its back end for demonstrations knows; passwords are as their names."""

APPLICATION = """
use Plack::Builder;
use Plack::App::File;
use Lemonldap::NG::Portal::Main;
my $portal = Lemonldap::NG::Portal::Main->run({});
builder {
  mount "/static" => Plack::App::File->new(root => "%(shared)s/htdocs/static")->to_app;
  mount "/javascript" => Plack::App::File->new(root => "/usr/share/javascript")->to_app;
  mount "/" => $portal;
};
"""

NO_PICTURES = """
package Lemonldap::NG::Portal::Captcha::None;
use Mouse;
extends 'Lemonldap::NG::Common::Module';
sub init { 1 }
1;
"""
"""In place of what draws pictures of letters: nobody is shown any here, and what it needs stays away."""

SETTINGS = """
[all]
logLevel = info
checkTime = 1
[configuration]
type = File
dirName = %(folder)s/conf
[portal]
staticPrefix = /static
templateDir = %(shared)s/templates
languages = en
[handler]
"""


def key_pair() -> tuple[str, str]:
    """A private key and a certificate of its own making, as text."""
    key, now = rsa.generate_private_key(65537, 2048), machine_now()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "platform.example")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
    certificate = made.not_valid_after(now + timedelta(days=30)).sign(key, hashes.SHA256())
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain).decode()
    return private, certificate.public_bytes(pem).decode()


@contextmanager
def portal(folder: Path, port: int, given: Mapping[str, Any]) -> Iterator[str]:
    """A portal at `http://localhost:<port>`, set up as `given` says beside what every one needs. Its address, without a slash.

    In the same folder it has the same keys again.
    """
    assert PLACK is not None, NEEDED
    root = f"http://localhost:{port}"
    for name in ("conf", "sessions/lock", "psessions/lock", "cache"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "conf" / "lmConf-1.json").write_text(json.dumps({**_of_every_portal(folder, root), **given}))
    (folder / "portal.psgi").write_text(APPLICATION % {"shared": SHARED})
    module = folder / "lib/Lemonldap/NG/Portal/Captcha/None.pm"
    module.parent.mkdir(parents=True, exist_ok=True)
    module.write_text(NO_PICTURES)
    (folder / "settings.ini").write_text(SETTINGS % {"shared": SHARED, "folder": folder})
    settings, modules = str(folder / "settings.ini"), str(folder / "lib")
    environment = {**os.environ, "LLNG_DEFAULTCONFFILE": settings, "PERL5LIB": modules}
    log = folder / "portal.log"
    with log.open("wb") as out:
        command = [
            PLACK,
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--env",
            "deployment",
            str(folder / "portal.psgi"),
        ]
        running = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
    try:
        for _ in range(300):
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert running.poll() is None, log.read_text()
            time.sleep(0.1)
        yield root
    finally:
        running.terminate()
        running.wait(20)


def _of_every_portal(folder: Path, root: str) -> dict[str, Any]:
    pair = folder / "pair.json"
    if not pair.exists():
        pair.write_text(json.dumps(key_pair()))
    private, certificate = json.loads(pair.read_text())
    files = {"Directory": f"{folder}/sessions", "LockDirectory": f"{folder}/sessions/lock"}
    kept = {"Directory": f"{folder}/psessions", "LockDirectory": f"{folder}/psessions/lock"}
    made_by = {"generateModule": "Lemonldap::NG::Common::Apache::Session::Generate::SHA256"}
    return {
        "cfgNum": 1,
        "cfgDate": 1,
        "cfgVersion": "2.16.1",
        "cfgAuthor": "tests",
        "portal": f"{root}/",
        "domain": "localhost",
        "cookieName": f"portal{root.rpartition(':')[2]}",
        "securedCookie": 0,
        "sameSite": "Lax",
        "authentication": "Demo",
        "userDB": "Same",
        "passwordDB": "Null",
        "registerDB": "Null",
        "demoExportedVars": {"uid": "uid", "cn": "cn", "mail": "mail"},
        "globalStorage": "Apache::Session::File",
        "globalStorageOptions": {**files, **made_by},
        "persistentStorage": "Apache::Session::File",
        "persistentStorageOptions": kept,
        "localSessionStorage": "Cache::FileCache",
        "localSessionStorageOptions": {"cache_root": f"{folder}/cache", "namespace": "tests", "default_expires_in": 1},
        "locationRules": {f"localhost:{root.rpartition(':')[2]}": {"default": "accept"}},
        "exportedHeaders": {},
        "applicationList": {},
        "key": "only-for-this-test",
        "oidcServicePrivateKeySig": private,
        "oidcServicePublicKeySig": certificate,
        "oidcServiceKeyIdSig": "k1",
        "samlServicePrivateKeySig": private,
        "samlServicePublicKeySig": certificate,
        "samlServiceUseCertificateInResponse": 0,
        "captcha": "::Captcha::None",
    }
