"""SAML 2.0 web browser SSO, as the one who asks: what is sent by redirect, and when what comes back by a form is believed.

Nothing is read but what a pinned certificate has signed: the signature is checked first, and what the check itself returns is the only
tree that is looked at afterwards. A document with two assertions, two equal ids, a signature anywhere but where it belongs, a document
type, a comment or an instruction is refused before that, for no provider sends one.

Source: saml-core-2.0-os, saml-bindings-2.0-os 3.4 and 3.5, saml-profiles-2.0-os 4.1.4; Somorovsky et al., On Breaking SAML (2012).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from cryptography import x509
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from yiwang.identity.rules.outside import CLOCKS_DIFFER, address_is_fit
from yiwang.identity.values.outside import Described, NotBelieved, Told

__all__ = [
    "Believed",
    "Expected",
    "address_of_request",
    "certificates_of",
    "check_response",
    "described",
    "metadata",
    "request_of",
]

LONGEST_RESPONSE = 300_000
LONGEST_METADATA = 500_000
LONGEST_WORD = 1000
SAML, PROTOCOL = "urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:2.0:protocol"
METADATA, DSIG = "urn:oasis:names:tc:SAML:2.0:metadata", "http://www.w3.org/2000/09/xmldsig#"
REDIRECT, POST = (f"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-{one}" for one in ("Redirect", "POST"))
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
NAME_ID = "NameID"
"""As the name under which a provider says the identifier: it is the name itself under which it knows the person."""
CONDITIONS = {"AudienceRestriction", "OneTimeUse", "ProxyRestriction"}
METHODS = frozenset(
    {
        SignatureMethod.RSA_SHA256,
        SignatureMethod.RSA_SHA384,
        SignatureMethod.RSA_SHA512,
        SignatureMethod.ECDSA_SHA256,
        SignatureMethod.ECDSA_SHA384,
    }
)
DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})


@dataclass(frozen=True, slots=True)
class Expected:
    """What a response has to fit.  issuer: entity id of the provider.  us: our own.  at: the address that it came to.

    certificates: those of the provider, Base64 of DER.  claim: the attribute in which it says the identifier.
    """

    issuer: str
    us: str
    at: str
    certificates: tuple[str, ...]
    claim: str


@dataclass(frozen=True, slots=True)
class Believed:
    """What a response says.  assertion: its id, which serves once.  until: when it can count no more."""

    told: Told
    assertion: str
    until: datetime


# ── What is sent ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def address_of_request(to: str, id: str, us: str, back: str, *, now: datetime, again: bool) -> str:
    """Where a browser goes to sign in there (HTTP-Redirect).  again: the provider is to ask anew who it is."""
    request = etree.Element(
        f"{{{PROTOCOL}}}AuthnRequest",
        {
            "ID": id,
            "Version": "2.0",
            "IssueInstant": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Destination": to,
            "AssertionConsumerServiceURL": back,
            "ProtocolBinding": POST,
            **({"ForceAuthn": "true"} if again else {}),
        },
        nsmap={"samlp": PROTOCOL, "saml": SAML},
    )
    etree.SubElement(request, f"{{{SAML}}}Issuer").text = us
    etree.SubElement(request, f"{{{PROTOCOL}}}NameIDPolicy", {"AllowCreate": "true"})
    squeezed = zlib.compressobj(9, zlib.DEFLATED, -15)
    deflated = squeezed.compress(etree.tostring(request)) + squeezed.flush()
    query = urlencode({"SAMLRequest": base64.b64encode(deflated).decode()})
    return f"{to}{'&' if '?' in to else '?'}{query}"


def metadata(us: str, back: str) -> bytes:
    """Our own description, which a provider's administrator enters there."""
    root = etree.Element(f"{{{METADATA}}}EntityDescriptor", {"entityID": us}, nsmap={"md": METADATA})
    role = etree.SubElement(
        root,
        f"{{{METADATA}}}SPSSODescriptor",
        {"protocolSupportEnumeration": PROTOCOL, "AuthnRequestsSigned": "false", "WantAssertionsSigned": "true"},
    )
    service = {"Binding": POST, "Location": back, "index": "0", "isDefault": "true"}
    etree.SubElement(role, f"{{{METADATA}}}AssertionConsumerService", service)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


# ── A provider's description ──────────────────────────────────────────────────────────────────────────────────────────────


def described(text: str, *, https: bool) -> Described:
    """What of a provider's metadata is kept. Raises NotBelieved with the name of what is missing."""
    root = _parsed(text.strip().encode(), LONGEST_METADATA, comments=True)
    roles = [root, *root.iter(f"{{{METADATA}}}EntityDescriptor")]
    roles = [one for one in roles if one.find(f"{{{METADATA}}}IDPSSODescriptor") is not None]
    if len(set(roles)) != 1:
        raise NotBelieved("IDPSSODescriptor")
    entity = roles[0]
    role, issuer = entity.find(f"{{{METADATA}}}IDPSSODescriptor"), entity.get("entityID", "")
    if role is None or not issuer or len(issuer) > LONGEST_WORD:
        raise NotBelieved("entityID")
    services = role.findall(f"{{{METADATA}}}SingleSignOnService")
    sign_in = [str(one.get("Location", "")) for one in services if one.get("Binding") == REDIRECT]
    if not sign_in or not address_is_fit(sign_in[0], https=https):
        raise NotBelieved("SingleSignOnService")
    keys = [one for one in role.findall(f"{{{METADATA}}}KeyDescriptor") if one.get("use", "signing") == "signing"]
    found = ["".join((one.text or "").split()) for key in keys for one in key.iter(f"{{{DSIG}}}X509Certificate")]
    if not found or not all(certificates_of(found)):
        raise NotBelieved("X509Certificate")
    return Described(issuer, {"sign_in_address": sign_in[0], "certificates": found})


def certificates_of(given: list[str] | tuple[str, ...]) -> list[x509.Certificate]:
    """Certificates as they stand in metadata. Raises NotBelieved for what is none."""
    try:
        return [x509.load_der_x509_certificate(base64.b64decode(one, validate=True)) for one in given]
    except (ValueError, binascii.Error):
        raise NotBelieved("X509Certificate") from None


# ── What comes back ───────────────────────────────────────────────────────────────────────────────────────────────────────


def request_of(response: str) -> str:
    """To which request a response says that it answers; nothing else of it is believed yet. Raises NotBelieved."""
    return str(_response(response).get("InResponseTo", ""))


def check_response(response: str, expected: Expected, request: str, *, now: datetime) -> Believed:
    """Who it is, when everything holds.  response: as the form brought it, Base64.  request: the id of what we asked.

    Raises NotBelieved.
    """
    root = _response(response)
    if root.get("Destination") != expected.at:
        raise NotBelieved("destination")
    if not request or root.get("InResponseTo") != request:
        raise NotBelieved("in-response-to")
    issuer = root.find(f"{{{SAML}}}Issuer")
    if issuer is not None and _text(issuer) != expected.issuer:
        raise NotBelieved("issuer")
    code = root.find(f"{{{PROTOCOL}}}Status/{{{PROTOCOL}}}StatusCode")
    if code is None or code.get("Value") != SUCCESS:
        raise NotBelieved("provider-refused")
    assertion = _signed(root, expected.certificates)
    return _read(assertion, expected, request, now)


def _response(response: str) -> etree._Element:
    if len(response) > LONGEST_RESPONSE:
        raise NotBelieved("too-large")
    try:
        plain = base64.b64decode("".join(response.split()), validate=True)
    except (ValueError, binascii.Error):
        raise NotBelieved("not-base64") from None
    root = _parsed(plain, LONGEST_RESPONSE)
    if root.tag != f"{{{PROTOCOL}}}Response" or root.get("Version") != "2.0":
        raise NotBelieved("not-a-response")
    return root


def _parsed(plain: bytes, longest: int, *, comments: bool = False) -> etree._Element:
    """A document without a document type, entities, and, where signatures count, anything that readers pass over."""
    if len(plain) > longest:
        raise NotBelieved("too-large")
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(plain, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise NotBelieved("not-xml") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise NotBelieved("document-type")
    others = [one for one in root.getroottree().iter() if not isinstance(one.tag, str)]
    around = [root.getprevious(), root.getnext()]
    if not comments and (others or any(one is not None for one in around)):
        raise NotBelieved("comment")
    return root


def _signed(root: etree._Element, certificates: tuple[str, ...]) -> etree._Element:
    """The assertion as its signature covers it."""
    if root.find(f".//{{{SAML}}}EncryptedAssertion") is not None:
        raise NotBelieved("encrypted")
    assertions = list(root.iter(f"{{{SAML}}}Assertion"))
    if len(assertions) != 1 or assertions[0].getparent() is not root:
        raise NotBelieved("assertions")
    [assertion] = assertions
    ids = [one.get(name) for one in root.iter() for name in ("ID", "Id", "id") if one.get(name) is not None]
    if len(ids) != len(set(ids)) or not assertion.get("ID"):
        raise NotBelieved("ids")
    signatures = list(root.iter(f"{{{DSIG}}}Signature"))
    owners = [one.getparent() for one in signatures]
    if any(one not in (root, assertion) for one in owners) or len(owners) != len(set(owners)):
        raise NotBelieved("signatures")
    own = [one for one in signatures if one.getparent() is assertion]
    if not own:
        raise NotBelieved("unsigned")
    reference = own[0].findall(f"{{{DSIG}}}SignedInfo/{{{DSIG}}}Reference")
    if len(reference) != 1 or reference[0].get("URI") != f"#{assertion.get('ID')}":
        raise NotBelieved("reference")
    return _verified(root, str(assertion.get("ID")), certificates)


def _verified(root: etree._Element, id: str, certificates: tuple[str, ...]) -> etree._Element:
    config = SignatureConfiguration(
        location=f"./{{{SAML}}}Assertion/",
        expect_references=1,
        signature_methods=METHODS,
        digest_algorithms=DIGESTS,
        ignore_ambiguous_key_info=True,
    )
    for one in certificates_of(certificates):
        try:
            found = XMLVerifier().verify(root, x509_cert=one, id_attribute="ID", expect_config=config)
        except (SignXMLException, ValueError, etree.LxmlError):
            continue
        signed = None if isinstance(found, list) else found.signed_xml
        if signed is None or signed.tag != f"{{{SAML}}}Assertion" or signed.get("ID") != id:
            raise NotBelieved("reference")
        return signed
    raise NotBelieved("signature")


def _read(assertion: etree._Element, expected: Expected, request: str, now: datetime) -> Believed:
    if assertion.get("Version") != "2.0" or _text(assertion.find(f"{{{SAML}}}Issuer")) != expected.issuer:
        raise NotBelieved("issuer")
    until = min(_confirmed_until(assertion, expected, request, now), _valid_until(assertion, expected, now))
    statement = assertion.find(f"{{{SAML}}}AuthnStatement")
    if statement is None:
        raise NotBelieved("no-sign-in")
    over = _instant(statement.get("SessionNotOnOrAfter")) if statement.get("SessionNotOnOrAfter") else None
    if over is not None and over <= now - CLOCKS_DIFFER:
        raise NotBelieved("expired")
    proved = _instant(statement.get("AuthnInstant"))
    if proved > now + CLOCKS_DIFFER:
        raise NotBelieved("early")
    context = statement.find(f"{{{SAML}}}AuthnContext/{{{SAML}}}AuthnContextClassRef")
    said = _identifier(assertion, expected.claim)
    name = assertion.find(f"{{{SAML}}}Subject/{{{SAML}}}NameID")
    subject = said if name is None or name.get("Format") == TRANSIENT else _name(name)
    told = Told(subject, said, _text(context) if context is not None else "", proved)
    return Believed(told, hashlib.sha256(str(assertion.get("ID")).encode()).hexdigest(), until + CLOCKS_DIFFER)


def _confirmed_until(assertion: etree._Element, expected: Expected, request: str, now: datetime) -> datetime:
    """Until when it may be brought by whoever holds it: to this address, for this request."""
    for one in assertion.findall(f"{{{SAML}}}Subject/{{{SAML}}}SubjectConfirmation"):
        data = one.find(f"{{{SAML}}}SubjectConfirmationData")
        if one.get("Method") != BEARER or data is None or data.get("NotBefore") is not None:
            continue
        if data.get("Recipient") != expected.at or data.get("InResponseTo") != request:
            continue
        until = _instant(data.get("NotOnOrAfter"))
        if until > now - CLOCKS_DIFFER:
            return until
        raise NotBelieved("expired")
    raise NotBelieved("confirmation")


def _valid_until(assertion: etree._Element, expected: Expected, now: datetime) -> datetime:
    conditions = assertion.find(f"{{{SAML}}}Conditions")
    if conditions is None or any(etree.QName(one).localname not in CONDITIONS for one in conditions):
        raise NotBelieved("conditions")
    begins = _instant(conditions.get("NotBefore")) if conditions.get("NotBefore") else now
    if begins > now + CLOCKS_DIFFER:
        raise NotBelieved("early")
    until = _instant(conditions.get("NotOnOrAfter")) if conditions.get("NotOnOrAfter") else now + timedelta(minutes=5)
    if until <= now - CLOCKS_DIFFER:
        raise NotBelieved("expired")
    meant = conditions.findall(f"{{{SAML}}}AudienceRestriction")
    audiences = [[_text(who) for who in one.findall(f"{{{SAML}}}Audience")] for one in meant]
    if not audiences or not all(expected.us in one for one in audiences):
        raise NotBelieved("audience")
    return until


def _identifier(assertion: etree._Element, claim: str) -> str:
    if claim == NAME_ID:
        values = assertion.findall(f"{{{SAML}}}Subject/{{{SAML}}}NameID")
    else:
        named = assertion.findall(f"{{{SAML}}}AttributeStatement/{{{SAML}}}Attribute")
        values = [
            value for one in named if one.get("Name") == claim for value in one.findall(f"{{{SAML}}}AttributeValue")
        ]
    if len(values) != 1 or not 0 < len(_text(values[0])) <= 64:
        raise NotBelieved("no-identifier")
    return _text(values[0])


def _name(name: etree._Element) -> str:
    whole = "\n".join(
        [name.get("Format", ""), name.get("NameQualifier", ""), name.get("SPNameQualifier", ""), _text(name)]
    )
    if not _text(name) or len(whole) > LONGEST_WORD:
        raise NotBelieved("sub")
    return whole


def _text(element: etree._Element | None) -> str:
    """The text of an element that holds nothing else."""
    if element is None or len(element):
        return ""
    return (element.text or "").strip()


def _instant(text: str | None) -> datetime:
    try:
        read = datetime.fromisoformat((text or "").strip())
    except ValueError:
        raise NotBelieved("time") from None
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)
