"""A real program of others signs officers in here: Apache, by `mod_auth_openidc` from the distribution.

A real browser goes the whole way, with our own web and worker processes; so what browsers forbid (forms that lead elsewhere) is tried, too.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.demo import OFFICER, call
from support.programs import PATIENCE_MS, City, a_page, city_at_work, connected, free_port, sign_in

__all__ = ["city_at_work"]

pytestmark = pytest.mark.browser

APACHE, MODULES = shutil.which("apache2", path="/usr/sbin:/usr/bin"), Path("/usr/lib/apache2/modules")


# ── Apache ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

APACHE_CONFIGURATION = """
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
LogLevel warn auth_openidc:debug
Listen 127.0.0.1:{port}
ServerName localhost:{port}
User {user}
Group {group}
Mutex sem default
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_user_module {modules}/mod_authz_user.so
LoadModule headers_module {modules}/mod_headers.so
LoadModule status_module {modules}/mod_status.so
LoadModule auth_openidc_module {modules}/mod_auth_openidc.so

OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client}
OIDCClientSecret {secret}
OIDCRedirectURI http://localhost:{port}/guarded/back
OIDCCryptoPassphrase only-for-this-test
OIDCScope "openid profile posts offline_access"
OIDCPKCEMethod S256
OIDCSessionType server-cache
OIDCRemoteUserClaim preferred_username
OIDCUserInfoRefreshInterval 1

<Location /guarded>
  AuthType openid-connect
  Require valid-user
  SetHandler server-status
  Header always set X-Remote-User "expr=%{{REMOTE_USER}}"
  Header always set X-Claim-Sub "expr=%{{req:OIDC_CLAIM_sub}}"
  Header always set X-Claim-Acting "expr=%{{req:OIDC_CLAIM_acting}}"
</Location>
<Location /guarded/addresses>
  Require claim acting.duties:confirm-address
</Location>
<Location /guarded/audit>
  Require claim acting.duties:administer-audit
</Location>
<Location /bye>
  Require all granted
  SetHandler server-status
</Location>
"""


@pytest.fixture(scope="module")
def apache(city_at_work: City, tmp_path_factory: Any) -> Iterator[str]:
    """Apache guards some addresses by what the city says of who comes."""
    assert APACHE is not None, "Run: apt-get install apache2-bin libapache2-mod-auth-openidc"
    port, folder = free_port(), tmp_path_factory.mktemp("apache")
    root = f"http://localhost:{port}"
    back = f"{root}/guarded/back"
    system = connected(
        city_at_work,
        title="老系统",
        redirect_addresses=[back],
        leaving_addresses=[f"{root}/bye"],
        notice_address=f"{back}?logout=backchannel",
        scopes=["openid", "profile", "posts", "offline_access"],
    )
    is_root = os.geteuid() == 0
    configuration = folder / "apache.conf"
    configuration.write_text(
        APACHE_CONFIGURATION.format(
            folder=folder,
            port=port,
            modules=MODULES,
            issuer=f"{city_at_work.root}/oidc",
            client=system["id"],
            secret=system["secret"],
            user="www-data" if is_root else f"#{os.geteuid()}",
            group="www-data" if is_root else f"#{os.getegid()}",
        )
    )
    running = subprocess.Popen([APACHE, "-f", configuration, "-DFOREGROUND"])
    try:
        for _ in range(100):
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert running.poll() is None, (folder / "error.log").read_text()
            time.sleep(0.1)
        yield root
    finally:
        running.terminate()
        running.wait(20)


def test_apache_lets_an_officer_in_and_hears_when_his_session_ends(
    chromium: Any, city_at_work: City, apache: str
) -> None:
    with a_page(chromium) as page:
        page.goto(f"{apache}/guarded/")
        assert page.url.startswith(f"{city_at_work.root}/desk/sign-in/")
        with page.expect_response(f"{apache}/guarded/") as arrived:
            sign_in(page)
        page.wait_for_url(f"{apache}/guarded/")
        headers = arrived.value.headers
        assert (arrived.value.status, headers["x-remote-user"]) == (200, OFFICER)
        assert len(headers["x-claim-sub"]) == 43
        assert "confirm-address" in headers["x-claim-acting"]
        assert page.goto(f"{apache}/guarded/addresses").status == 200, "his duty lets him in"
        assert page.goto(f"{apache}/guarded/audit").status == 401, "and another's does not"

        ended = call(city_at_work.demo.client(OFFICER), "DELETE", "/api/v1/sessions")
        assert ended.status_code == 204
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while not page.goto(f"{apache}/guarded/").url.startswith(f"{city_at_work.root}/desk/sign-in/"):
            assert time.monotonic() < deadline, "Apache never heard that the session has ended"
            time.sleep(0.5)
        assert notices(city_at_work)[-1] == "heard"


def test_apache_signs_somebody_out_here_and_he_comes_back_to_it(chromium: Any, city_at_work: City, apache: str) -> None:
    with a_page(chromium) as page:
        page.goto(f"{apache}/guarded/")
        sign_in(page)
        page.wait_for_url(f"{apache}/guarded/")
        page.goto(f"{apache}/guarded/back?logout={apache}/bye")
        page.wait_for_url(f"{apache}/bye")
        page.goto(f"{city_at_work.root}/desk/tasks/")
        assert "/desk/sign-in/" in page.url, "he is signed out of the city, too"


def notices(city: City) -> list[str]:
    from yiwang.identity.models.single_sign_on import SignOn

    return list(SignOn.objects.exclude(ended_at=None).order_by("ended_at").values_list("notice", flat=True))
