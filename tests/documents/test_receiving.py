"""What people hand in: taken whole or not at all, kept for who may see it, gone when nothing came to use it."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tracemalloc
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from support import contents

from yiwang.acts.values import VISITOR, Actor, CapacityKind, system
from yiwang.audit.models import Entry
from yiwang.catalog.values import ElementView
from yiwang.documents import queries, registry, services
from yiwang.documents.models import File, FileUse, Upload
from yiwang.documents.services import tidying
from yiwang.documents.values import FileHandedIn, FileRefused, FileTooLarge, Limits, QuotaUsed, StorageFull
from yiwang.kernel import time
from yiwang.kernel.errors import NotAllowed, NotFound, NotSignedIn
from yiwang.outbox.models import Event

from .conftest import files_in, somebody

PLAN = contents.pdf()


def hand_in(
    actor: Actor,
    content: bytes = PLAN,
    name: str = "平面图.pdf",
    *,
    allowed: Any = ("pdf", "png"),
    largest: int = 1 << 20,
) -> FileHandedIn:
    return services.receive(actor, io.BytesIO(content), name=name, allowed=allowed, largest_bytes=largest)


def test_a_file_is_kept_and_can_be_opened_by_who_handed_it_in(lin: Any, folder: Path) -> None:
    taken = hand_in(lin)
    assert (taken.name, taken.size, taken.media_type) == ("平面图.pdf", len(PLAN), "application/pdf")
    assert taken.digest == hashlib.sha256(PLAN).hexdigest()
    found, stream = queries.open_file(lin, taken.id)
    with stream:
        assert (found, stream.read()) == (taken, PLAN)


def test_it_is_told_and_audited_without_its_name(lin: Any, folder: Path) -> None:
    taken = hand_in(lin)
    [event] = Event.objects.filter(type="file.received.v1")
    assert (event.subject, event.data) == (str(taken.id), {"size": len(PLAN), "media_type": "application/pdf"})
    [entry] = Entry.objects.filter(action="file.receive")
    assert entry.object_id == str(taken.id)
    assert "平面图" not in str(entry.details) + str(event.data)


def test_the_same_again_is_the_same_file(lin: Any, chen: Any, folder: Path) -> None:
    first = hand_in(lin)
    assert hand_in(lin) == first
    assert hand_in(lin, name="副本.pdf").id != first.id
    assert hand_in(chen).id != first.id
    assert len(files_in(folder)) == File.objects.count() == 1
    assert Event.objects.filter(type="file.received.v1").count() == 3


def test_nobody_else_may_open_it_and_nobody_learns_that_it_is_there(lin: Any, chen: Any, folder: Path) -> None:
    taken = hand_in(lin)
    in_post = Actor(lin.account_id, CapacityKind.POST, uuid4())
    for other in (chen, VISITOR, in_post, somebody()):
        with pytest.raises(NotFound):
            queries.open_file(other, taken.id)
    with pytest.raises(NotFound):
        queries.open_file(lin, uuid4())
    assert queries.file(system("tests"), taken.id) == taken


def test_who_has_the_same_content_does_not_see_the_other_name(lin: Any, chen: Any, folder: Path) -> None:
    hand_in(lin, name="林秀英的平面图.pdf")
    assert hand_in(chen, name="b.pdf").name == "b.pdf"


@pytest.fixture
def trial_owner() -> Any:
    """A kind of thing whose files one actor may open."""
    may: set[Any] = set()
    registry._owners["trial"] = lambda actor, owner_id: (actor.account_id, owner_id) in may
    yield may
    del registry._owners["trial"]


def test_who_may_see_a_thing_may_open_its_files(lin: Any, chen: Any, folder: Path, trial_owner: set[Any]) -> None:
    taken, thing = hand_in(lin), uuid4()
    services.attach(lin, [taken.id], owner="trial", owner_id=thing)
    services.attach(lin, [taken.id], owner="trial", owner_id=thing)
    assert FileUse.objects.count() == 1
    with pytest.raises(NotFound):
        queries.file(chen, taken.id)
    trial_owner.add((chen.account_id, thing))
    assert queries.file(chen, taken.id) == taken


def test_one_can_attach_only_what_one_handed_in(lin: Any, chen: Any, folder: Path, trial_owner: set[Any]) -> None:
    taken = hand_in(lin)
    with pytest.raises(NotFound):
        services.attach(chen, [taken.id], owner="trial", owner_id=uuid4())
    with pytest.raises(LookupError):
        services.attach(lin, [taken.id], owner="nothing", owner_id=uuid4())


def test_answers_say_only_which_file_the_rest_is_known(lin: Any, chen: Any, folder: Path) -> None:
    taken = hand_in(lin)
    element = ElementView("trial.plan", "平面图", "file", types=("pdf",))
    lie = {"id": str(taken.id), "digest": "0" * 64, "name": "x", "media_type": "text/html", "size": 1}
    answers, faults = queries.given_files(lin, {"trial.plan": lie, "trial.name": "林"}, [element])
    assert faults == []
    assert answers["trial.name"] == "林"
    assert answers["trial.plan"] == {
        "id": str(taken.id), "digest": taken.digest, "name": "平面图.pdf", "media_type": "application/pdf", "size": len(PLAN)
    }  # fmt: skip
    for given in ({"id": str(taken.id)}, {"id": "../x"}, {"id": 5}, "x", [1], {"id": str(uuid4())}):
        answers, faults = queries.given_files(chen, {"trial.plan": given}, [element])
        assert [one.code for one in faults] == ["not-a-file"]
        assert "trial.plan" not in answers


@pytest.mark.parametrize(
    ("content", "name", "fault"),
    [
        (contents.container({"a.txt": b"x"}), "平面图.pdf", FileRefused),
        (contents.bomb(), "制度.docx", FileRefused),
        (b"", "平面图.pdf", FileRefused),
        (PLAN * 20_000, "平面图.pdf", FileTooLarge),
    ],
)
def test_what_is_refused_leaves_nothing(lin: Any, folder: Path, content: bytes, name: str, fault: type) -> None:
    with pytest.raises(fault):
        hand_in(lin, content, name, allowed=("pdf", "docx"))
    assert files_in(folder) == []
    assert not Upload.objects.exists()


def test_visitors_hand_in_nothing(folder: Path) -> None:
    with pytest.raises(NotSignedIn):
        hand_in(VISITOR)
    with pytest.raises(NotAllowed):
        hand_in(Actor(None, CapacityKind.DEVICE, uuid4()))
    assert not folder.exists()


def test_the_installation_has_the_last_word_on_size(lin: Any, folder: Path) -> None:
    registry.keep_files_in(lambda: folder, lambda: Limits(1 << 10, 500 << 20))
    with pytest.raises(FileTooLarge):
        hand_in(lin, PLAN * 20, largest=200 << 20)


def test_a_day_has_a_quota_and_tomorrow_another(lin: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry.keep_files_in(lambda: folder, lambda: Limits(1 << 20, 250 << 10))  # a small file counts as 100 KiB
    first, _ = hand_in(lin, contents.pdf("1")), hand_in(lin, contents.pdf("2"))
    with pytest.raises(QuotaUsed):
        hand_in(lin, contents.pdf("3") * 1_000)
    assert hand_in(lin, contents.pdf("1")) == first  # the same again takes no room
    hand_in(somebody(), contents.pdf("3"))
    later = time.now() + timedelta(days=1)
    for module in ("yiwang.acts.services.now", "yiwang.documents.queries.files.today"):
        monkeypatch.setattr(module, (lambda: later.date()) if module.endswith("today") else (lambda: later))
    hand_in(lin, contents.pdf("3"))


def test_memory_does_not_grow_with_the_file(lin: Any, folder: Path) -> None:
    class Long(io.RawIOBase):
        left = 200 << 20

        def read(self, size: int = -1) -> bytes:
            piece = PLAN[:9] + bytes(size - 9) if self.left == 200 << 20 else bytes(min(size, self.left))
            self.left -= len(piece)
            return piece

    registry.keep_files_in(lambda: folder, lambda: Limits(300 << 20, 500 << 20))
    tracemalloc.start()
    try:
        taken = services.receive(lin, Long(), name="a.pdf", allowed=("pdf",), largest_bytes=300 << 20)  # type: ignore[arg-type]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken.size == 200 << 20
    assert peak < 30 << 20


FULL_DISK = """
import io, resource, sys
from yiwang import settings
settings.set_up()
from uuid import UUID
from yiwang.acts.values import Actor, CapacityKind
from yiwang.documents import services
from yiwang.documents.values import StorageFull
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
actor = Actor(UUID(sys.argv[1]), CapacityKind.SELF, UUID(sys.argv[2]))
try:
    services.receive(actor, io.BytesIO(b"%PDF-1.7\\n" + bytes(2 << 20)), name="a.pdf", allowed=("pdf",), largest_bytes=9 << 20)
except StorageFull as fault:
    print(fault.status, fault.code)
"""


def test_a_full_disk_is_a_fault_and_leaves_nothing(city: Any, tmp_path: Path) -> None:
    lin = somebody()
    environment = {**city.environment, "YIWANG_FILES_DIR": str(tmp_path / "files")}
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(lin.account_id), str(lin.capacity_id)],
        env=environment, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "507 storage-full"
    assert files_in(tmp_path / "files") == []
    assert not Upload.objects.exists()


def test_a_disk_that_is_full_while_the_content_gets_its_name_is_the_same(
    lin: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(StorageFull):
        hand_in(lin)
    assert files_in(folder) == []
    assert not File.objects.exists()


KILLED = """
import io, sys
from yiwang import settings
settings.set_up()
from uuid import UUID
from yiwang.acts.values import Actor, CapacityKind
from yiwang.documents import services
actor = Actor(UUID(sys.argv[1]), CapacityKind.SELF, UUID(sys.argv[2]))
services.receive(actor, io.BytesIO(b"%PDF-1.7\\n"), name="a.pdf", allowed=("pdf",), largest_bytes=9 << 20)
"""


@pytest.mark.crash
@pytest.mark.parametrize("place", ["documents.after-content", "documents.before-row", "acts.before-commit"])
def test_a_process_killed_anywhere_leaves_no_row_without_content(city: Any, tmp_path: Path, place: str) -> None:
    lin, folder = somebody(), tmp_path / "files"
    environment = {**city.environment, "YIWANG_FILES_DIR": str(folder), "YIWANG_FAILPOINT": f"{place}@1"}
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(lin.account_id), str(lin.capacity_id)],
        env=environment,
        timeout=60,
        check=False,
    )
    assert done.returncode == -9
    assert len(files_in(folder)) == 1
    assert not File.objects.exists()
    before = registry._folder, registry._limits
    registry.keep_files_in(lambda: folder, lambda: Limits(1 << 20, 1 << 30))
    try:
        services.system_tidy_files()
        assert len(files_in(folder)) == 1  # it may still be on its way
        for path in files_in(folder):
            os.utime(path, (0, 0))
        services.system_tidy_files()
        assert files_in(folder) == []
    finally:
        registry._folder, registry._limits = before


def test_what_nothing_came_to_use_goes_after_a_week(
    lin: Any, chen: Any, folder: Path, trial_owner: set[Any], monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    alone, used = hand_in(lin, contents.pdf("alone")), hand_in(lin, contents.pdf("used"))
    shared, _ = hand_in(lin, contents.pdf("shared")), hand_in(chen, contents.pdf("shared"))
    ours = services.store(io.BytesIO(contents.pdf("ours")), media_type="application/pdf")
    same = hand_in(lin, contents.pdf("ours"))
    services.attach(lin, [used.id], owner="trial", owner_id=uuid4())
    Upload.objects.filter(account_id=chen.account_id).update(received_at=time.now() + timedelta(days=8))
    assert services.system_discard_unused(system("tests")) == 0
    monkeypatch.setattr(tidying, "now", lambda: time.now() + timedelta(days=7, minutes=1))
    with django_capture_on_commit_callbacks(execute=True):
        assert services.system_discard_unused(system("tests")) == 3
    assert {path.parent.name + path.name for path in files_in(folder)} == {used.digest, shared.digest, ours.digest}
    for gone in (alone, same):
        with pytest.raises(NotFound):
            queries.file(lin, gone.id)
    assert list(queries.system_list_lost()) == []
    assert {one.subject for one in Event.objects.filter(type="file.discarded.v1")} == {
        str(alone.id), str(shared.id), str(same.id)
    }  # fmt: skip


def test_a_content_that_is_named_again_meanwhile_stays(lin: Any, folder: Path) -> None:
    taken = hand_in(lin)
    os.utime(queries.path_of(taken.digest), (0, 0))
    services.system_tidy_files()
    assert files_in(folder) == [queries.path_of(taken.digest)]
