"""LemonLDAP::NG from the distribution signs officers in at the city, and the city signs people in by it: OpenID Connect and SAML.

A real browser goes the whole way, with our own web and worker processes.
"""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from support.demo import OFFICER, RESIDENT, call
from support.lemonldap import PERSON, PERSONS_PASSWORD, portal
from support.outside import NUMBER, opened
from support.programs import City, a_page, city_at_work, connected, free_port, sign_in

__all__ = ["city_at_work"]

pytestmark = pytest.mark.browser

MIDDLE = "loa-2"
WITH_PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
KNOWS = {
    # what the platform has of its one person, and how it says it
    "macros": {"id_number": f"'{NUMBER}'"},
}


def read(address: str) -> str:
    with urllib.request.urlopen(address, timeout=20) as answer:
        text: str = answer.read().decode()
        return text


# ── It signs people in at the city ────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def relying(city_at_work: City, tmp_path_factory: Any) -> Iterator[str]:
    """A portal whose people sign in at the city."""
    port, folder = free_port(), tmp_path_factory.mktemp("relying")
    root = f"http://localhost:{port}"
    system = connected(
        city_at_work,
        title="统一门户",
        redirect_addresses=[f"{root}/?openidconnectcallback=1"],
        leaving_addresses=[f"{root}/?logout=1"],
        scopes=["openid", "profile", "posts"],
    )
    issuer = f"{city_at_work.root}/oidc"
    given = {
        "authentication": "OpenIDConnect",
        "oidcOPMetaDataJSON": {"city": read(f"{issuer}/.well-known/openid-configuration")},
        "oidcOPMetaDataJWKS": {"city": read(f"{issuer}/keys")},
        "oidcOPMetaDataOptions": {
            "city": {
                "oidcOPMetaDataOptionsClientID": system["id"],
                "oidcOPMetaDataOptionsClientSecret": system["secret"],
                "oidcOPMetaDataOptionsScope": "openid profile posts",
                "oidcOPMetaDataOptionsCheckJWTSignature": 1,
                "oidcOPMetaDataOptionsUseNonce": 1,
                "oidcOPMetaDataOptionsTokenEndpointAuthMethod": "client_secret_basic",
                "oidcOPMetaDataOptionsIDTokenMaxAge": 30,
            }
        },
        "oidcOPMetaDataExportedVars": {"city": {"uid": "preferred_username", "cn": "name"}},
    }
    with portal(folder, port, given) as at:
        yield at


def test_it_signs_an_officer_in_at_the_city(chromium: Any, city_at_work: City, relying: str) -> None:
    with a_page(chromium) as page:
        page.goto(f"{relying}/")
        page.wait_for_url(re.compile(rf"{re.escape(city_at_work.root)}/desk/sign-in/.*"))
        sign_in(page)
        page.wait_for_url(re.compile(rf"{re.escape(relying)}/.*"))
        assert page.request.get(f"{relying}/mysession/?whoami").json()["result"] == OFFICER


# ── The city signs people in by it ────────────────────────────────────────────────────────────────────────────────────────


def as_openid_provider(return_addresses: str) -> dict[str, Any]:
    """A portal that knows the city as an OpenID client."""
    return {
        **KNOWS,
        "issuerDBOpenIDConnectActivation": 1,
        "oidcServiceIgnoreScopeForClaims": 1,
        "oidcRPMetaDataOptions": {
            "city": {
                "oidcRPMetaDataOptionsClientID": "city",
                "oidcRPMetaDataOptionsClientSecret": "only-for-this-test",
                "oidcRPMetaDataOptionsRedirectUris": return_addresses,
                "oidcRPMetaDataOptionsIDTokenSignAlg": "RS256",
                "oidcRPMetaDataOptionsBypassConsent": 1,
                "oidcRPMetaDataOptionsRequirePKCE": 1,
            }
        },
        "oidcRPMetaDataExportedVars": {"city": {"id_number": "id_number"}},
    }


def as_saml_provider(metadata: str) -> dict[str, Any]:
    """A portal that knows the city as a SAML service."""
    return {
        **KNOWS,
        "issuerDBSAMLActivation": 1,
        "samlSPMetaDataXML": {"city": {"samlSPMetaDataXML": metadata}} if metadata else {},
        "samlSPMetaDataOptions": {
            "city": {
                "samlSPMetaDataOptionsSignSSOMessage": -1,
                "samlSPMetaDataOptionsCheckSSOMessageSignature": 0,
                "samlSPMetaDataOptionsNameIDFormat": "persistent",
            }
        }
        if metadata
        else {},
        "samlSPMetaDataExportedAttributes": {"city": {"id_number": "1;id_number;;"}} if metadata else {},
    }


def platform(
    city: City,
    folder: Path,
    given: Mapping[str, Any],
    describe: Callable[[str], Mapping[str, Any]],
    know_us: Callable[[dict[str, Any]], Mapping[str, Any]],
) -> Iterator[tuple[str, str]]:
    """A portal, connected and opened here as an outside provider; its address, and its id here.

    It is asked for its description first, and told ours then: between, it is set up anew, as it would be by its administrator.
    """
    port, administrator = free_port(), city.demo.client("sys.admin", post=True)
    with portal(folder, port, given) as root:
        made = call(administrator, "POST", "/api/v1/providers", dict(describe(root)))
        assert made.status_code == 201, made.content.decode()
    id = made.json()["id"]
    shown = administrator.get(f"/api/v1/providers/{id}").json()
    seen = {name: city.root + urlsplit(shown[name]).path for name in ("return_address", "entity_id")}
    with portal(folder, port, know_us(seen)) as root:
        tried = call(administrator, "POST", f"/api/v1/providers/{id}/trial").json()["rows"]
        assert all(one["is_well"] for one in tried), tried
        opened(city.demo, administrator, id)
        yield root, id


OF_RESIDENTS = {"people": "residents", "vouches": "citizen-id", "claim": "id_number"}


@pytest.fixture(scope="module")
def openid(city_at_work: City, tmp_path_factory: Any) -> Iterator[tuple[str, str]]:
    yield from platform(
        city_at_work,
        tmp_path_factory.mktemp("openid"),
        as_openid_provider(""),
        lambda root: {
            **OF_RESIDENTS,
            **{"title": "省统一身份认证", "kind": "oidc", "issuer": f"{root}/", "levels": {MIDDLE: "substantial"}},
            **{"client_id": "city", "secret": "only-for-this-test"},
        },
        lambda seen: as_openid_provider(seen["return_address"]),
    )


@pytest.fixture(scope="module")
def saml(city_at_work: City, tmp_path_factory: Any) -> Iterator[tuple[str, str]]:
    yield from platform(
        city_at_work,
        tmp_path_factory.mktemp("saml"),
        as_saml_provider(""),
        lambda root: {
            **OF_RESIDENTS,
            **{"title": "大学城统一认证", "kind": "saml", "levels": {WITH_PASSWORD: "substantial"}},
            "metadata": read(f"{root}/saml/metadata"),
        },
        lambda seen: as_saml_provider(read(seen["entity_id"])),
    )


def sign_in_there(page: Any) -> None:
    page.locator("input[name=user]").fill(PERSON)
    page.locator("input[name=password]").fill(PERSONS_PASSWORD)
    page.locator("button[type=submit]").first.click()


def who(page: Any, city: City) -> str:
    said: dict[str, Any] = page.request.get(f"{city.root}/api/v1/session").json()
    login: str = said["login"]
    return login


def press_the_button(page: Any, city: City, title: str) -> None:
    page.goto(f"{city.root}/my/account/")
    assert "/sign-in/" in page.url
    page.get_by_role("button", name=title).click()


def is_in(page: Any, city: City, title: str) -> None:
    page.wait_for_url(f"{city.root}/my/account/")
    assert who(page, city) == RESIDENT
    expect(page.get_by_role("main")).to_contain_text(title)


def test_a_resident_comes_in_by_openid_connect(chromium: Any, city_at_work: City, openid: tuple[str, str]) -> None:
    root, id = openid
    with a_page(chromium) as page:
        press_the_button(page, city_at_work, "省统一身份认证")
        page.wait_for_url(re.compile(rf"{re.escape(root)}/.*"))
        sign_in_there(page)
        is_in(page, city_at_work, "省统一身份认证")
        page.locator("form[action='/sign-out/'] button").first.click()
        page.wait_for_url(f"{city_at_work.root}/outside/{id}/signed-out/")


def test_a_resident_comes_in_by_saml(chromium: Any, city_at_work: City, saml: tuple[str, str]) -> None:
    root, id = saml
    with a_page(chromium) as page:
        press_the_button(page, city_at_work, "大学城统一认证")
        page.wait_for_url(re.compile(rf"{re.escape(root)}/.*"))
        sign_in_there(page)
        is_in(page, city_at_work, "大学城统一认证")
    with a_page(chromium) as page:
        page.goto(f"{city_at_work.root}/sign-in/")
        page.get_by_role("button", name="大学城统一认证").click()
        page.wait_for_url(re.compile(rf"{re.escape(root)}/.*"))
        assert who(page, city_at_work) == "", "nobody is signed in who has not come back"
