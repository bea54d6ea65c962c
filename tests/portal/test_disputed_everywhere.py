"""The moment that somebody doubts a fact it reads disputed wherever it is shown, and undisputed again when the doubt has ended."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from support.permit import ITEM, Town

from yiwang.cases import queries

NAME, COURSE = "person.name", "hygiene.until"
"""Of mei herself: the first is asked by the form, the second is a material that the city has."""
MARK = "有疑义"
ABOUT = {"purpose": "case-handling"}


def places(town: Town) -> dict[str, bool]:
    """Where the two facts are shown → whether it reads disputed there."""
    mei, officer = town.client("mei"), town.client("qin", post=True)
    subject = town.subject("mei")

    def marked(client: Any, path: str) -> bool:
        answer = client.get(path)
        assert answer.status_code == 200, path
        return MARK in answer.content.decode()

    def fact(client: Any, element: str) -> bool:
        told = client.get(f"/api/v1/subjects/{subject}/facts/{element}", ABOUT).json()
        return bool(told["standing"] == "disputed")

    form = queries.form_for(town.self("mei"), ITEM)
    [field] = [one for one in form.fields if one.name == NAME]
    [material] = [one for one in form.materials if one.id == "hygiene"]
    sent = town.send()
    evidence = {one.element: one.source.standing for one in queries.case(town.post("qin"), sent.case_id).facts}
    return {
        "the form": field.source is not None and field.source.standing == "disputed",
        "the form as a page": marked(mei, f"/items/{ITEM}/apply/"),
        "known materials": [one.standing for one in material.sources] == ["disputed"],
        "evidence of a case sent now: name": evidence[NAME] == "disputed",
        "evidence of a case sent now: course": evidence[COURSE] == "disputed",
        "the case on the desk": marked(officer, f"/desk/cases/{sent.case_id}/"),
        "the case on the portal": marked(mei, f"/my/cases/{sent.case_id}/"),
        "my facts": marked(mei, "/my/facts/"),
        "the API, name": fact(mei, NAME),
        "the API, course": fact(mei, COURSE),
        "the API for an officer": fact(officer, NAME),
        "the subject on the desk": marked(officer, f"/desk/subjects/{subject}/?purpose=case-handling"),
        "history of names": marked(officer, f"/desk/subjects/{subject}/records/town.people/?purpose=case-handling"),
        "history of courses": marked(
            officer, f"/desk/subjects/{subject}/records/hygiene.courses/?purpose=case-handling"
        ),
    }


def test_a_doubted_fact_reads_disputed_in_every_place_at_once_and_undisputed_after(town: Town) -> None:
    mei, subject = town.client("mei"), str(town.subject("mei"))
    assert not any(places(town).values())

    opened: list[UUID] = []
    for resource, element, proposed in (("town.people", NAME, "梅香香"), ("hygiene.courses", COURSE, "2029-01-01")):
        doubt = {"resource": resource, "element": element, "proposed": proposed, "why": "登记错了"}
        told = mei.post(
            "/api/v1/discrepancies",
            {**doubt, "subject_id": subject, "purpose": "own-data"},
            content_type="application/json",
        )
        assert told.status_code == 201, told.content
        opened.append(UUID(told.json()["id"]))
    shown = places(town)
    assert [place for place, disputed in shown.items() if not disputed] == []

    listed = mei.get("/api/v1/discrepancies", {"only": "reported"}).json()["rows"]
    assert {one["id"] for one in listed} == {str(one) for one in opened}
    both = mei.get(f"/api/v1/discrepancies/{opened[0]}", {"purpose": "own-data"}).json()
    assert (both["doubted"], both["proposed"]) == ("梅香", "梅香香")
    for id in opened:
        answer = mei.post(f"/api/v1/discrepancies/{id}/withdrawal", {}, content_type="application/json")
        assert answer.status_code == 204
    assert [place for place, disputed in places(town).items() if disputed] == []
