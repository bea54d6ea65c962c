"""A SAML provider for tests: assertions signed as a real one signs them, and the ways in which an attacker would rearrange them."""

from __future__ import annotations

import base64
import zlib
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner
from support.lemonldap import key_pair

from yiwang.kernel.time import machine_now

SAML, PROTOCOL = "urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:2.0:protocol"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
ISSUER = "https://platform.example/saml"
CONTEXT = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
NAMES = {"samlp": PROTOCOL, "saml": SAML, "ds": DSIG}


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Idp:
    """said: what it says of the next who signs in. private, certificate: with which it signs."""

    private: str
    certificate: str
    said: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def make(cls) -> Idp:
        return cls(*key_pair())

    def metadata(self) -> str:
        body = "".join(self.certificate.splitlines()[1:-1])
        return (
            f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{ISSUER}">'
            f'<md:IDPSSODescriptor protocolSupportEnumeration="{PROTOCOL}"><md:KeyDescriptor use="signing">'
            f'<ds:KeyInfo xmlns:ds="{DSIG}"><ds:X509Data><ds:X509Certificate>{body}</ds:X509Certificate></ds:X509Data>'
            "</ds:KeyInfo></md:KeyDescriptor>"
            '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"'
            ' Location="http://127.0.0.1:9/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>'
        )

    def response(self, asked: str, us: str, at: str, **said: Any) -> etree._Element:
        """Complete and unsigned.  said: what is to differ."""
        now = machine_now()
        given: dict[str, Any] = {
            **{"id": "_a1", "issuer": ISSUER, "recipient": at, "audience": us, "request": asked, "destination": at},
            **{
                "until": now + timedelta(minutes=5),
                "proved": now,
                "name": "person-1",
                "number": "",
                "context": CONTEXT,
            },
            **{"format": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent", "from": now - timedelta(minutes=1)},
            **self.said,
            **said,
        }
        until, begins = stamp(given["until"]), stamp(given["from"])
        text = (
            f'<samlp:Response xmlns:samlp="{PROTOCOL}" xmlns:saml="{SAML}" ID="_r1" Version="2.0" IssueInstant="{begins}"'
            f' Destination="{given["destination"]}" InResponseTo="{given["request"]}"><saml:Issuer>{ISSUER}</saml:Issuer>'
            '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>'
            f'<saml:Assertion ID="{given["id"]}" Version="2.0" IssueInstant="{begins}"><saml:Issuer>{given["issuer"]}</saml:Issuer>'
            f'<saml:Subject><saml:NameID Format="{given["format"]}">{given["name"]}</saml:NameID>'
            '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
            f'<saml:SubjectConfirmationData NotOnOrAfter="{until}" Recipient="{given["recipient"]}"'
            f' InResponseTo="{given["request"]}"/></saml:SubjectConfirmation></saml:Subject>'
            f'<saml:Conditions NotBefore="{begins}" NotOnOrAfter="{until}"><saml:AudienceRestriction>'
            f"<saml:Audience>{given['audience']}</saml:Audience></saml:AudienceRestriction></saml:Conditions>"
            f'<saml:AuthnStatement AuthnInstant="{stamp(given["proved"])}"><saml:AuthnContext>'
            f"<saml:AuthnContextClassRef>{given['context']}</saml:AuthnContextClassRef></saml:AuthnContext>"
            '</saml:AuthnStatement><saml:AttributeStatement><saml:Attribute Name="id_number"><saml:AttributeValue>'
            f"{given['number']}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion></samlp:Response>"
        )
        return etree.fromstring(text.encode())

    def signed(self, response: etree._Element, **how: Any) -> etree._Element:
        """The assertion signed in its place, by the key of this provider."""
        assertion = response.find("saml:Assertion", NAMES)
        assert assertion is not None
        place = etree.Element(f"{{{DSIG}}}Signature", {"Id": "placeholder"}, nsmap={"ds": DSIG})
        assertion.insert(1, place)
        given = {
            **{"signature_algorithm": SignatureMethod.RSA_SHA256, "digest_algorithm": DigestAlgorithm.SHA256},
            **{"c14n_algorithm": "http://www.w3.org/2001/10/xml-exc-c14n#", **how},
        }
        made = XMLSigner(**given).sign(
            assertion, key=self.private.encode(), cert=self.certificate, reference_uri=f"#{assertion.get('ID')}"
        )
        response.replace(assertion, made)
        return etree.fromstring(etree.tostring(response))


def brought(response: etree._Element | bytes) -> str:
    """As the form carries it."""
    return base64.b64encode(response if isinstance(response, bytes) else etree.tostring(response)).decode()


def request_in(where: str) -> etree._Element:
    """What we asked, as it stands in the address."""
    packed = parse_qs(urlsplit(where).query)["SAMLRequest"][0]
    return etree.fromstring(zlib.decompress(base64.b64decode(packed), -15))


# ── Signature wrapping (Somorovsky et al., 2012) ──────────────────────────────────────────────────────────────────────────


def _parts(response: etree._Element) -> tuple[etree._Element, etree._Element, etree._Element]:
    """The signed assertion, a copy of it with another person and no signature, and its signature."""
    signed = response.find("saml:Assertion", NAMES)
    assert signed is not None
    evil = deepcopy(signed)
    signature = evil.find("ds:Signature", NAMES)
    assert signature is not None
    evil.remove(signature)
    value = evil.find(".//saml:AttributeValue", NAMES)
    assert value is not None
    value.text = "EVIL"
    evil.set("ID", "_evil")
    own = signed.find("ds:Signature", NAMES)
    assert own is not None
    return signed, evil, own


def evil_beside(response: etree._Element) -> None:
    """XSW 3: the evil assertion before the signed one."""
    signed, evil, _ = _parts(response)
    response.insert(response.index(signed), evil)


def evil_after(response: etree._Element) -> None:
    """The evil assertion after the signed one."""
    response.append(_parts(response)[1])


def signed_within_evil(response: etree._Element) -> None:
    """XSW 4: the signed assertion as a child of the evil one."""
    signed, evil, _ = _parts(response)
    response.replace(signed, evil)
    evil.append(signed)


def signed_within_the_signature_of_evil(response: etree._Element) -> None:
    """XSW 8: the signature in the evil assertion, and what it covers in an object of its own."""
    signed, evil, own = _parts(response)
    signed.remove(own)
    response.replace(signed, evil)
    evil.insert(1, own)
    etree.SubElement(own, f"{{{DSIG}}}Object").append(signed)


def evil_with_the_signature_and_the_signed_behind(response: etree._Element) -> None:
    """XSW 6: the evil assertion has the signature of the other, which stands within that signature."""
    signed, evil, own = _parts(response)
    response.replace(signed, evil)
    copied = deepcopy(own)
    evil.insert(1, copied)
    copied.append(signed)


def signed_in_extensions(response: etree._Element) -> None:
    """XSW 7: the signed assertion hidden in extensions of the response."""
    signed, evil, _ = _parts(response)
    response.replace(signed, evil)
    extensions = etree.Element(f"{{{PROTOCOL}}}Extensions")
    extensions.append(signed)
    response.insert(1, extensions)


def same_id_twice(response: etree._Element) -> None:
    """The evil assertion has the id that is signed; the signed one stands in extensions."""
    signed, evil, own = _parts(response)
    evil.set("ID", str(signed.get("ID")))
    evil.insert(1, deepcopy(own))
    response.replace(signed, evil)
    extensions = etree.Element(f"{{{PROTOCOL}}}Extensions")
    extensions.append(signed)
    response.insert(1, extensions)


def response_within(response: etree._Element) -> None:
    """XSW 1: the whole signed response within the signature of an evil one."""
    inner = deepcopy(response)
    signed, evil, own = _parts(response)
    response.replace(signed, evil)
    evil.insert(1, deepcopy(own))
    etree.SubElement(response, f"{{{PROTOCOL}}}Extensions").append(inner)


WRAPPINGS = [
    evil_beside,
    evil_after,
    signed_within_evil,
    signed_within_the_signature_of_evil,
    evil_with_the_signature_and_the_signed_behind,
    signed_in_extensions,
    same_id_twice,
    response_within,
]
