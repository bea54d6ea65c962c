"""Files on their way in: how much of a request is read, and where it goes, before anybody has looked at it.

Django reads a form with files before any view is asked. So what it may read is said here, around every view: nothing of an
announced size beyond measure; of each file no more than the largest that is taken, the rest is read and thrown away, so that the
other answers of the form arrive; and for somebody who is not signed in, no file at all.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponseBase

from yiwang.acts.values import CapacityKind
from yiwang.api.pages import Malformed, fault_response
from yiwang.documents.queries import files_folder, upload_limits
from yiwang.documents.services import no_room
from yiwang.documents.values import FileTooLarge
from yiwang.kernel.errors import Fault, NotSignedIn, msgid

__all__ = ["SentFile", "UploadGate"]

if TYPE_CHECKING:
    _UploadedFile = UploadedFile[bytes]
else:
    _UploadedFile = UploadedFile

READ_AT_MOST = 400 << 20
"""What a form of a page may announce: more than any file here, because whoever has no scripts learns only now that his is too large."""
FROM_ANYBODY = frozenset({"/verify/", "/api/v1/verification/document", "/certificate/"})
LARGEST_OF_ANYBODY = 12 << 20
"""Where also visitors send a file, to be looked at and not kept: a certificate with everything in it is smaller, and what a key
program signed much smaller."""
AROUND = 1 << 20
"""The other answers and the separators beside a file."""


class SentFile(_UploadedFile):
    """A file of a form, in a nameless file on the disk that goes with it.  fault: why nothing of it was kept, or None."""

    def __init__(self, *given: Any, fault: Fault | None, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fault = fault


class Uploads(FileUploadHandler):
    """Writes each file of one request to the disk, no further than the limit."""

    def __init__(self, request: HttpRequest, largest: int, *, keeps: bool) -> None:
        super().__init__(request)
        self._largest = largest
        self._keeps = keeps
        self._file: IO[bytes] | None = None
        self._fault: Fault | None = None
        self._size = 0

    def new_file(self, *given: Any, **more: Any) -> None:
        """Begin with a file."""
        super().new_file(*given, **more)
        self._file, self._fault, self._size = None, None, 0
        if not self._keeps:
            self._fault = NotSignedIn()
            return
        self._careful(self._open)

    def _open(self) -> None:
        folder = files_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  it is closed with the request

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Take a piece; of a file that will not be kept, throw it away."""
        self._size += len(raw_data)
        if self._fault is None and self._size > self._largest:
            self._drop(
                FileTooLarge(
                    msgid("A file may have at most {largest} MB here."), largest=f"{self._largest / (1 << 20):.3g}"
                )
            )
        if (file := self._file) is not None:
            self._careful(lambda: file.write(raw_data))

    def file_complete(self, file_size: int) -> SentFile:
        """The file as the view gets it."""
        file = self._file
        if file is not None:
            file.seek(0)
        whole = (file or io.BytesIO(), self.file_name, self.content_type, file_size if file else 0, self.charset)
        sent = SentFile(*whole, content_type_extra=self.content_type_extra, fault=self._fault)
        self._file = None
        return sent

    def upload_interrupted(self) -> None:
        """The browser went away."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _careful(self, work: Callable[[], object]) -> None:
        try:
            with no_room():
                work()
        except Fault as fault:
            self._drop(fault)

    def _drop(self, fault: Fault) -> None:
        self._fault = fault
        self.upload_interrupted()


class UploadGate:
    """Refuses what is announced too large before a byte of it is read, and says how the rest is read. Stands next to the views."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Look at the heads of the request alone."""
        if request.content_type == "multipart/form-data" and (fault := self._prepare(request)) is not None:
            return fault_response(request, fault)
        return self.get_response(request)

    def _prepare(self, request: HttpRequest) -> Fault | None:
        to_be_looked_at = request.path in FROM_ANYBODY
        largest = LARGEST_OF_ANYBODY if to_be_looked_at else upload_limits().largest_file
        is_visitor = request.actor.capacity is CapacityKind.VISITOR and not to_be_looked_at  # type: ignore[attr-defined]
        is_api = request.path.startswith("/api/")
        announced = request.headers.get("Content-Length", "")
        if not announced.isdecimal():
            return Malformed(msgid("Say how long the request is (Content-Length)."))
        if is_api and is_visitor:
            return NotSignedIn()
        if int(announced) > (largest + AROUND if is_api else READ_AT_MOST):
            return FileTooLarge(
                msgid("A file may have at most {largest} MB here."), largest=f"{largest / (1 << 20):.3g}"
            )
        request.upload_handlers = [Uploads(request, largest, keeps=not is_visitor)]
        return None
