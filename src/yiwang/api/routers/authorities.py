"""Certificate authorities 认证机构 and the certificates that people registered: signing in by a key of one's own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from yiwang.api.authentication import SignedIn, actor_of, session_of
from yiwang.api.routers.session import FactorProof, proof_of
from yiwang.forms.accounts import certificate_added
from yiwang.identity import queries, services
from yiwang.identity.values.login_certificates import (
    AuthorityLine,
    AuthorityView,
    CertificateView,
    ChallengeView,
    NewAuthority,
    NewCertificate,
)
from yiwang.identity.values.outside import Whom
from yiwang.kernel.errors import NotSignedIn

router = Router(tags=["certificates of people"], auth=SignedIn())

LONGEST_LIST = 14_000_000


class AuthorityGiven(Schema):
    """An authority to be declared.

    chain: PEM, who issues people's certificates and who stands above, up to the root.  has_list: it publishes lists of revoked
    certificates.  number_attribute: the OID under which it writes a person's ID number; empty where it writes none.
    """

    title: str
    people: Whom
    chain: str = ""
    has_list: bool = True
    number_attribute: str = ""


class AuthorityChange(Schema):
    """The same, for one that is declared; its chain stays.  digest: as `get_authority` showed it."""

    title: str
    people: Whom
    has_list: bool
    number_attribute: str
    digest: str


class AuthoritySeen(Schema):
    """digest: of what is declared, as `get_authority` showed it; consent is given to that and nothing else."""

    digest: str


class AuthorityMade(Schema):
    """The id of an authority."""

    id: UUID


class Authorities(Schema):
    """Authorities by name, those that are open first."""

    rows: list[AuthorityLine]


class ListBrought(Schema):
    """A list of revoked certificates: PEM, or Base64 of DER."""

    list: str = Field(max_length=LONGEST_LIST)


class ListTaken(Schema):
    """How many certificates the list names."""

    revoked: int


class CertificateSigned(Schema):
    """answer: what the key program made of the challenge, CMS SignedData in PEM or Base64.  name: of its person's choice, 40 characters."""

    name: str
    answer: str


class CertificateName(Schema):
    """How its person calls it, at most 40 characters."""

    name: str


@router.get("/authorities", response=Authorities, operation_id="list_authorities")
def list_authorities(request: HttpRequest) -> Authorities:
    """Every authority."""
    return Authorities(rows=queries.list_authorities(actor_of(request)))


@router.post("/authorities", response={201: AuthorityMade}, operation_id="add_authority")
def add_authority(request: HttpRequest, given: AuthorityGiven) -> Status[AuthorityMade]:
    """Declare an authority. Nobody signs in by its certificates before it is opened."""
    return Status(201, AuthorityMade(id=services.add_authority(actor_of(request), NewAuthority(**given.dict()))))


@router.get("/authorities/{authority_id}", response=AuthorityView, operation_id="get_authority")
def get_authority(request: HttpRequest, authority_id: UUID) -> AuthorityView:
    """One authority with its chain and the state of its list."""
    return queries.authority_page(actor_of(request), authority_id)


@router.put("/authorities/{authority_id}", response={204: None}, operation_id="change_authority")
def change_authority(request: HttpRequest, authority_id: UUID, given: AuthorityChange) -> Status[None]:
    """Declare it in another way, while it is shut."""
    fields = given.dict()
    digest = fields.pop("digest")
    services.change_authority(actor_of(request), authority_id, NewAuthority(**fields), digest=digest)
    return Status(204, None)


@router.post("/authorities/{authority_id}/list", response=ListTaken, operation_id="bring_list")
def bring_list(request: HttpRequest, authority_id: UUID, given: ListBrought) -> ListTaken:
    """Bring in its present list of revoked certificates, in place of the one before."""
    return ListTaken(revoked=services.bring_list(actor_of(request), authority_id, given.list.encode()))


@router.post("/authorities/{authority_id}/opening", response={204: None}, operation_id="open_authority")
def open_authority(request: HttpRequest, authority_id: UUID, given: AuthoritySeen) -> Status[None]:
    """Let people sign in by its certificates. 403 `consent-due`: the security administrator has to consent."""
    services.open_authority(actor_of(request), authority_id, given.digest)
    return Status(204, None)


@router.post("/authorities/{authority_id}/shutting", response={204: None}, operation_id="shut_authority")
def shut_authority(request: HttpRequest, authority_id: UUID) -> Status[None]:
    """Let nobody sign in by its certificates any more; whoever did is signed out."""
    services.shut_authority(actor_of(request), authority_id)
    return Status(204, None)


@router.get("/login-certificates", response=list[CertificateView], operation_id="list_login_certificates")
def list_login_certificates(request: HttpRequest) -> list[CertificateView]:
    """The certificates that are registered to the account, the oldest first."""
    return list(queries.own_second_factor(actor_of(request)).certificates)


@router.post("/login-certificates/challenge", response=ChallengeView, operation_id="begin_login_certificate")
def begin_login_certificate(request: HttpRequest, given: FactorProof) -> Any:
    """What is to be signed by the certificate that is to be registered, once the owner has proved himself; for five minutes."""
    here = session_of(request)
    if here is None:
        raise NotSignedIn
    services.begin_certificate(
        actor_of(request), given.password, given.code, session_id=here, **proof_of(request, given)
    )
    return queries.own_second_factor(actor_of(request), here).new_certificate


@router.post("/login-certificates", response={201: NewCertificate}, operation_id="add_login_certificate")
def add_login_certificate(request: HttpRequest, given: CertificateSigned) -> Status[NewCertificate]:
    """Register the certificate that signed. Where it is the first factor, ten recovery codes come with it, shown this once."""
    return Status(201, certificate_added(request, given.answer.encode(), given.name))


@router.put("/login-certificates/{certificate_id}", response={204: None}, operation_id="rename_login_certificate")
def rename_login_certificate(request: HttpRequest, certificate_id: UUID, given: CertificateName) -> Status[None]:
    """Call a certificate otherwise."""
    services.rename_certificate(actor_of(request), certificate_id, given.name)
    return Status(204, None)


@router.post(
    "/login-certificates/{certificate_id}/removal", response={204: None}, operation_id="remove_login_certificate"
)
def remove_login_certificate(request: HttpRequest, certificate_id: UUID, given: FactorProof) -> Status[None]:
    """Take a certificate away. Every other session ends."""
    proof, here = proof_of(request, given), session_of(request)
    services.remove_certificate(actor_of(request), certificate_id, given.password, given.code, here=here, **proof)
    return Status(204, None)


@router.post("/login-certificates/{certificate_id}/ending", response={204: None}, operation_id="end_login_certificate")
def end_login_certificate(request: HttpRequest, certificate_id: UUID) -> Status[None]:
    """End a certificate whose key was lost: for the security administrator."""
    services.end_certificate(actor_of(request), certificate_id)
    return Status(204, None)


@router.get(
    "/officers/{account_id}/login-certificates", response=list[CertificateView], operation_id="list_certificates_of"
)
def list_certificates_of(request: HttpRequest, account_id: UUID) -> list[CertificateView]:
    """The certificates that are registered to an account: for the security administrator."""
    return list(queries.certificates_of(actor_of(request), account_id))
