"""The three administrators of a production city: seated once, and helped when one lost his password."""

from __future__ import annotations

from uuid import UUID

import click

from yiwang.cli.frame import connected

__all__ = ["administrators"]


@click.group()
def administrators() -> None:
    """Seat the first three administrators of a city (三员), or renew a password that one of them lost."""


@administrators.command()
@click.option(
    "--unit", required=True, help="Code of the unit in which their posts stand, for example the information office."
)
@click.option("--unit-title", default="", help="Its name, when the unit is still to be opened.")
@click.option("--credit-code", default="", help="Its unified social credit code, when it is still to be opened.")
@click.option("--division", default="", help="Its division code, when it is still to be opened.")
@click.option("--system", "system_login", required=True, help="Log-in of the system administrator.")
@click.option("--security", "security_login", required=True, help="Log-in of the security administrator.")
@click.option("--audit", "audit_login", required=True, help="Log-in of the audit administrator.")
def seat(
    unit: str,
    unit_title: str,
    credit_code: str,
    division: str,
    system_login: str,
    security_login: str,
    audit_login: str,
) -> None:
    """Open an account and a post for each, three persons for three duties, and print each start password once.

    Asks for the three citizen ID numbers, so that none stands in the history of the shell. Refused when anybody holds an
    administrator's post already.
    """
    logins = {"system": system_login, "security": security_login, "audit": audit_login}
    numbers = {who: click.prompt(f"Citizen ID number of {login}", err=True) for who, login in logins.items()}
    with connected("administrators"):
        from yiwang.acts.values import system
        from yiwang.identity.services import system_seat_administrators
        from yiwang.identity.values import Administrator, NewUnit

        at = NewUnit(unit, unit_title, "", credit_code, "city", division) if unit_title else unit
        people = {Administrator(who): (login, _person(numbers[who])) for who, login in logins.items()}
        passwords = system_seat_administrators(system("cli"), at, people)
    click.echo("Each password serves once, within 72 hours, and is not shown again. Give each to its owner alone.")
    for who, password in passwords.items():
        click.echo(f"{who:<10}{logins[who]:<20}{password}")


@administrators.command()
@click.argument("login")
def renew(login: str) -> None:
    """Print a start password for an administrator who lost his. No other administrator can do that for him."""
    with connected("administrators"):
        from yiwang.acts.values import system
        from yiwang.identity.services import system_renew_administrator

        password = system_renew_administrator(system("cli"), login)
    click.echo(f"{password}\nIt serves once, within 72 hours, and is not shown again.")


def _person(number: str) -> UUID:
    """The natural person with this citizen ID number, registered when the city does not know him yet."""
    from yiwang.acts.values import system
    from yiwang.kernel.identifiers import CitizenId
    from yiwang.subjects.queries import subject_kinds, system_find_subject
    from yiwang.subjects.services import system_register_subjects
    from yiwang.subjects.values import NewSubject

    try:
        canonical = str(CitizenId.parse(number))
    except ValueError as fault:
        raise click.ClickException(f"This is no citizen ID number: {fault}") from None
    schemes = [
        (kind.id, scheme.scheme)
        for kind in subject_kinds().values()
        if kind.natural_person
        for scheme in kind.schemes
        if scheme.checker == "citizen-id"
    ]
    if not schemes:
        raise click.ClickException("No pack declares natural persons with a citizen ID number. Run: yiwang apply")
    kind, scheme = schemes[0]
    found = system_find_subject(scheme, canonical)
    return found or system_register_subjects(system("cli"), [NewSubject(kind, {scheme: canonical})])[0]
