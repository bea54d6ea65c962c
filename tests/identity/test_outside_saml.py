"""What a SAML provider says is believed when everything holds, and refused with a word for what does not. No database."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from lxml import etree
from support.saml import ISSUER, NAMES, SAML, WRAPPINGS, Idp, brought

from yiwang.identity.rules.outside_saml import Expected, address_of_request, check_response, described, metadata
from yiwang.identity.values.outside import NotBelieved
from yiwang.kernel.time import machine_now

US, AT, REQUEST = "https://city.example/us", "https://city.example/consume", "_q1"
IDP, OTHER = Idp.make(), Idp.make()
IDP.said = {"number": "460199196103089029"}


def expected() -> Expected:
    found = described(IDP.metadata(), https=False)
    return Expected(found.issuer, US, AT, tuple(found.says["certificates"]), "id_number")


def believed(response: etree._Element | bytes) -> Any:
    return check_response(brought(response), expected(), REQUEST, now=machine_now())


def refused(response: etree._Element | bytes) -> str:
    with pytest.raises(NotBelieved) as fault:
        believed(response)
    return str(fault.value)


def made(**said: Any) -> etree._Element:
    return IDP.signed(IDP.response(REQUEST, US, AT, **said))


def test_what_holds_is_believed() -> None:
    told = believed(made()).told
    assert told.said == "460199196103089029"
    assert told.subject.endswith("person-1")
    assert told.at is not None


def test_a_passing_name_is_none() -> None:
    transient = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
    assert believed(made(format=transient, name="x1")).told.subject == "460199196103089029"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"destination": "https://elsewhere.example/consume"}, "destination"),
        ({"recipient": "https://elsewhere.example/consume"}, "confirmation"),
        ({"audience": "https://another.example"}, "audience"),
        ({"issuer": "https://another.example"}, "issuer"),
        ({"request": "_other"}, "in-response-to"),
        ({"until": timedelta(minutes=-5)}, "expired"),
        ({"from": timedelta(minutes=5)}, "early"),
        ({"proved": timedelta(minutes=5)}, "early"),
        ({"number": ""}, "no-identifier"),
        ({"name": ""}, "sub"),
    ],
)
def test_what_is_meant_otherwise_is_refused(said: dict[str, Any], reason: str) -> None:
    now = machine_now()  # asked when the test runs: minutes may pass between the list above and it
    said = {key: now + one if isinstance(one, timedelta) else one for key, one in said.items()}
    assert refused(made(**said)) == reason


def test_what_is_unsigned_or_signed_by_another_is_refused() -> None:
    assert refused(IDP.response(REQUEST, US, AT)) == "unsigned"
    assert refused(OTHER.signed(IDP.response(REQUEST, US, AT))) == "signature"
    touched = made()
    value = touched.find(".//saml:AttributeValue", NAMES)
    assert value is not None
    value.text = "460199000000000000"
    assert refused(touched) == "signature"


def test_weak_signatures_and_those_without_a_key_are_refused() -> None:
    unsigned = IDP.response(REQUEST, US, AT)
    text = etree.tostring(IDP.signed(unsigned))
    for ours, weak in (
        (b"xmldsig-more#rsa-sha256", b"xmldsig-more#hmac-sha256"),
        (b"http://www.w3.org/2001/04/xmlenc#sha256", b"http://www.w3.org/2000/09/xmldsig#sha1"),
        (b"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", b"http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
    ):
        assert ours in text
        assert refused(text.replace(ours, weak)) == "signature"


@pytest.mark.parametrize("wrap", WRAPPINGS, ids=lambda one: one.__name__)
def test_no_wrapping_gets_through(wrap: Callable[[etree._Element], None]) -> None:
    response = made()
    wrap(response)
    assert refused(response) in {"assertions", "ids", "signatures", "reference", "unsigned", "signature"}


def test_two_assertions_that_are_both_signed_are_one_too_many() -> None:
    response, second = made(), made(id="_a2").find("saml:Assertion", NAMES)
    assert second is not None
    response.append(second)
    assert refused(response) == "assertions"


def test_a_comment_or_a_document_type_is_refused() -> None:
    plain = etree.tostring(made())
    assert refused(plain.replace(b"person-1", b"person<!-- -->-1")) == "comment"
    assert refused(b"<?x y?>" + plain) == "comment"
    entity = b'<!DOCTYPE x [<!ENTITY who "46">]>' + plain
    assert refused(entity) == "document-type"
    bomb = b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>' + plain.replace(b"person-1", b"&b;")
    assert refused(bomb) == "document-type"


def test_what_is_encrypted_is_refused_and_said_to_be() -> None:
    response = made()
    etree.SubElement(response, f"{{{SAML}}}EncryptedAssertion")
    assert refused(response) == "encrypted"


@pytest.mark.parametrize(
    "junk", ["", "%%%", base64.b64encode(b"x").decode(), base64.b64encode(b"<a/>").decode(), "A" * 400_000]
)
def test_junk_is_refused(junk: str) -> None:
    with pytest.raises(NotBelieved):
        check_response(junk, expected(), REQUEST, now=machine_now())


def test_no_other_request_is_answered() -> None:
    with pytest.raises(NotBelieved, match="in-response-to"):
        check_response(brought(made()), expected(), "", now=machine_now())


@pytest.mark.parametrize(
    ("ours", "theirs", "reason"),
    [
        ("IDPSSODescriptor", "SPSSODescriptor", "IDPSSODescriptor"),
        ("HTTP-Redirect", "HTTP-POST", "SingleSignOnService"),
        ("http://127.0.0.1:9/sso", "javascript:1", "SingleSignOnService"),
        ("X509Certificate>M", "X509Certificate>!", "X509Certificate"),
        (f'entityID="{ISSUER}"', "", "entityID"),
    ],
)
def test_a_description_that_lacks_something_is_refused(ours: str, theirs: str, reason: str) -> None:
    text = IDP.metadata()
    assert ours in text
    with pytest.raises(NotBelieved, match=reason):
        described(text.replace(ours, theirs), https=False)


def test_what_we_send_says_who_asks_and_where_to_answer() -> None:
    from support.saml import request_in

    where = address_of_request("https://p.example/sso?a=1", "_q", US, AT, now=machine_now(), again=True)
    assert where.startswith("https://p.example/sso?a=1&SAMLRequest=")
    asked = request_in(where)
    assert (asked.get("ID"), asked.get("ForceAuthn"), asked.get("AssertionConsumerServiceURL")) == ("_q", "true", AT)
    assert asked.findtext("saml:Issuer", namespaces=NAMES) == US
    assert b"WantAssertionsSigned" in metadata(US, AT)
