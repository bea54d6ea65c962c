"""The documentation's commands, as printed, run on what the city published and the holder downloaded."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from yiwang.documents import queries
from yiwang.documents.values import Form

from .conftest import People, issue

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "check-a-certificate.md"
COMMANDS = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def run(command: str, folder: Path) -> Any:
    return subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def desktop(people: People, tmp_path: Path) -> Path:
    """A folder with everything that the page names, fetched where the page says."""
    from django.test import Client

    one = issue(people)
    folder = tmp_path / "desktop"
    folder.mkdir()
    for form in Form:
        (folder / f"certificate.{form}").write_bytes(queries.download(people.lin, one, form).content)
    for name in ("city.pub", "city.crt"):
        (folder / name).write_bytes(Client().get(f"/.well-known/yiwang/{name}").content)
    return folder


def test_the_printed_commands_verify_what_was_issued(desktop: Path) -> None:
    assert len(COMMANDS) == 2
    for command in COMMANDS:
        told = run(command, desktop)
        assert (told.returncode, told.stdout.strip()) == (0, "Verified OK"), told.stderr


def test_the_printed_commands_refuse_what_was_changed(desktop: Path) -> None:
    for form in ("json", "pdf"):
        path = desktop / f"certificate.{form}"
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    for command in COMMANDS:
        told = run(command, desktop)
        assert told.returncode != 0
        assert "Verified OK" not in told.stdout


def test_the_published_certificate_is_that_of_the_published_key(desktop: Path) -> None:
    told = run("openssl x509 -in city.crt -noout -pubkey", desktop)
    assert told.stdout == (desktop / "city.pub").read_text("ascii")


def test_every_key_is_published_under_its_name(people: People) -> None:
    from django.test import Client

    [key] = queries.published_keys()
    assert Client().get(f"/.well-known/yiwang/keys/{key.key_id}.pub").content == key.pem
    assert Client().get("/.well-known/yiwang/keys/nobody.pub").status_code == 404


def test_the_page_names_every_key_of_what_is_signed(people: People) -> None:
    import json

    said = json.loads(queries.download(people.lin, issue(people), Form.JSON).content)
    page = PAGE.read_text("utf-8")
    assert [key for key in said if f"`{key}" not in page and key != "format"] == []
