"""Files that people hand in."""

from __future__ import annotations

from uuid import UUID

from django.http import FileResponse, HttpRequest
from ninja import File, Form, Router, Schema, Status, UploadedFile

from yiwang.api.authentication import SignedIn, actor_of
from yiwang.api.files import file_response
from yiwang.api.uploads import SentFile
from yiwang.catalog.queries import find_element
from yiwang.documents import services
from yiwang.documents.values import EVIDENCE, EVIDENCE_TYPES, LARGEST_EVIDENCE
from yiwang.kernel.errors import FieldFault, Invalid, msgid

router = Router(tags=["files"], auth=SignedIn())


class HandedIn(Schema):
    """A file that was taken.  id: send it as `{"id": …}` where a form asks for it.  size: bytes.  digest: SHA-256, hex."""

    id: UUID
    name: str
    media_type: str
    size: int
    digest: str


@router.post("/files", response={201: HandedIn}, operation_id="hand_in_file")
def hand_in_file(request: HttpRequest, file: File[UploadedFile], element: Form[str]) -> Status[HandedIn]:
    """Hand in a file for an element of the type `file`, which says what is taken. Send the form that names it within seven days.

    element: or `evidence`, for a paper that shows something: PDF, JPEG or PNG, at most 10 MB.
    """
    asked = find_element(element)
    if asked is not None and asked.type == "file":
        allowed, largest = asked.types, asked.largest_bytes
    elif element == EVIDENCE:
        allowed, largest = EVIDENCE_TYPES, LARGEST_EVIDENCE
    else:
        raise Invalid(faults=[FieldFault("element", "not-a-file", msgid("This element takes no file."))])
    if isinstance(file, SentFile) and file.fault is not None:
        raise file.fault
    if file.file is None:
        raise Invalid(faults=[FieldFault("file", "required", msgid("Choose a file."))])
    taken = services.receive(
        actor_of(request),
        file.file,
        name=file.name or "",
        allowed=allowed,
        largest_bytes=largest,
        declared=file.content_type or "",
    )
    handed = HandedIn(id=taken.id, name=taken.name, media_type=taken.media_type, size=taken.size, digest=taken.digest)
    return Status(201, handed)


@router.get("/files/{file_id}", operation_id="get_file")
def get_file(request: HttpRequest, file_id: UUID, save: bool = False) -> FileResponse:
    """The content, for who handed it in and for who may see a thing that has it.  save: never shown by a browser itself."""
    return file_response(actor_of(request), file_id, save=save)
