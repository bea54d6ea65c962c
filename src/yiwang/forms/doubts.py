"""What shows that a fact is wrong, as the pages of both faces ask for it: words, a paper, the number of a case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from yiwang.acts.values import Actor
from yiwang.cases.values import FormField, FormSection, FormView
from yiwang.documents import queries
from yiwang.documents.values import EVIDENCE, EVIDENCE_TYPES, LARGEST_EVIDENCE, FileHandedIn
from yiwang.forms import answers
from yiwang.forms.files import TakenFiles, take_files
from yiwang.kernel.errors import FieldFault, NotFound
from yiwang.records.values import DiscrepancyView, Evidence

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile
    from django.utils.datastructures import MultiValueDict

__all__ = ["evidence_asked", "evidence_files", "evidence_given", "take_paper"]

WORDS = (f"{EVIDENCE}/text", f"{EVIDENCE}/case_number")


def take_paper(actor: Actor, typed: QueryDict, sent: MultiValueDict[str, UploadedFile[bytes]]) -> TakenFiles:
    """Hand in the paper that came with the form, or find the one that came before."""
    return take_files(actor, [_paper()], typed, sent)


def evidence_given(typed: QueryDict, taken: TakenFiles) -> Evidence:
    """What the reporter shows."""
    files = tuple(one.id for one in taken.files.values())
    return Evidence(typed.get("why", "").strip(), files, typed.get("case_number", "").strip())


def evidence_asked(
    typed: QueryDict | None, taken: TakenFiles, faults: Sequence[FieldFault] = (), *, case_number: str = ""
) -> dict[str, Any]:
    """What `components/doubt_fields.html` shows, filled with what was typed.

    faults: of everything but the value.  case_number: where the reporter came from, until he types another.
    """
    about_why = [one for one in faults if one.pointer in WORDS]
    about_paper = [one for one in faults if one not in about_why]
    paper = FormView(EVIDENCE, "", "", (FormSection("", (_paper(),)),), "", 0)
    [section] = answers.sections_of(paper, typed, about_paper, taken.files)
    return {
        "paper": section.widgets[0],
        "why": typed.get("why", "") if typed else "",
        "why_fault": " ".join(answers.sentence(one) for one in about_why),
        "case_number": typed.get("case_number", "") if typed else case_number,
        "evidence_summary": [answers.FaultLine(answers.sentence(one), "why") for one in about_why]
        + answers.summary_of(paper, about_paper),
    }


def evidence_files(actor: Actor, doubts: Iterable[DiscrepancyView]) -> Mapping[UUID, FileHandedIn]:
    """The files of everything that the reader may see of what reporters show, by id."""
    shown = [one.evidence for doubt in doubts for one in doubt.reporters if one.evidence is not None]
    found = {}
    for id in {id for one in shown for id in one.files}:
        try:
            found[id] = queries.file(actor, id)
        except NotFound:  # handed in by the same person in another capacity
            continue
    return found


def _paper() -> FormField:
    return FormField(
        name=EVIDENCE,
        title=_("A paper or photograph that shows it"),
        type="file",
        required=False,
        types=EVIDENCE_TYPES,
        largest_bytes=LARGEST_EVIDENCE,
    )
