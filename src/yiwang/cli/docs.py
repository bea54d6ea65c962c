"""The generated pages of `docs/reference`: settings, commands, kinds with their JSON Schemas, events, problems, API."""

from __future__ import annotations

import ast
import json
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import click
from django.apps import apps
from django.test import RequestFactory
from django.urls import resolve

from yiwang.cli.frame import COMMANDS, main, with_django
from yiwang.kernel.kinds import all_kinds
from yiwang.launch.configuration import PREFIX, Configuration, load

__all__ = ["docs", "pages"]

PROBLEM_PAGES = Path(__file__).parents[3] / "docs" / "problems"
GENERATED = "<!-- Written by `make docs`; change the source and run it again. -->\n\n"

KINDS = """\
# Kinds of declaration

A pack holds one declaration a file, in the folder of its kind. Keys in bold are required; every kind also has `kind`, `id`,
`title` and `extends`. Each name leads to the JSON Schema, which editors understand."""

EVENTS = """\
# Events

CloudEvents in the outbox, written in the transaction of the change that they tell of. Data hold ids, codes and numbers, no
values about people; fields are only added."""

PROBLEMS = """\
# Problems

Errors are problem documents (RFC 9457). `type` ends with the code and is the address of its page; `faults` lists every fault
at once, each with `pointer`, `code` and a sentence in the language that was asked for.

| code | 中文 | |
|---|---|---|"""

API = """\
# API

Paths below `/api/v1`; `GET /api/v1/openapi.json` of a running city says all of it to programs. Sign in with `POST /session`,
choose a post with `PUT /session/capacity`. Lists are paged by cursors."""


@click.command(hidden=True)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def docs(folder: Path) -> None:
    """Write the generated pages into FOLDER and name those that changed."""
    with_django(load(), lasting=False)
    from yiwang.packs.services import write_schemas

    for path in write_schemas(folder / "kinds"):
        click.echo(str(path))
    for name, text in pages().items():
        path = folder / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            click.echo(str(path))


def pages() -> dict[str, str]:
    """File name → text. Django must be set up."""
    return {
        "settings.md": _settings(),
        "commands.md": _commands(),
        "kinds.md": _kinds(),
        "events.md": _events(),
        "problems.md": _problems(),
        "api.md": _api(),
    }


def _settings() -> str:
    lines = [
        f"{GENERATED}# Settings\n",
        "Each is set by the variable, or by `name = …` in the TOML file that `YIWANG_CONFIGURATION` names. The variable wins.\n",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    for name, field in Configuration.model_fields.items():
        default = "the repository's `packs`" if name == "packs_dirs" else _shown(field.default)
        meaning = (field.description or "").replace("\n", " ")
        lines.append(f"| `{PREFIX}{name.upper()}` | {default} | {meaning} |")
    return "\n".join(lines) + "\n"


def _shown(default: object) -> str:
    if default is None:
        return ""
    words = ",".join(map(str, default)) if isinstance(default, tuple) else str(default)
    return f"`{words.lower() if isinstance(default, bool) else words}`"


def _commands() -> str:
    parts = [f"{GENERATED}# Commands\n"]
    context = click.Context(main, info_name="yiwang", terminal_width=100)
    for name, (_, summary) in COMMANDS.items():
        command = main.get_command(context, name)
        if summary and command is not None:
            parts += _help(command, context, name, "##")
    return "\n".join(parts) + "\n"


def _help(command: click.Command, parent: click.Context, name: str, level: str) -> list[str]:
    context = click.Context(command, info_name=name, parent=parent, terminal_width=100)
    found = [f"{level} {context.command_path}\n", "```text", command.get_help(context), "```\n"]
    if isinstance(command, click.Group):
        for sub in command.list_commands(context):
            below = command.get_command(context, sub)
            if below is not None:
                found += _help(below, context, sub, level + "#")
    return found


def _kinds() -> str:
    lines = [GENERATED + KINDS]
    for name, kind in sorted((one.name, one) for one in all_kinds()):
        schema = kind.schema.model_json_schema()
        lines += [
            f"\n## [{name}](kinds/{name}.json)\n",
            f"`{kind.folder}/`. {_one_line(schema.get('description', ''))}\n",
        ]
        required = set(schema.get("required", ()))
        keys = [key for key in schema["properties"] if key not in ("kind", "id", "title", "extends")]
        lines.append(" · ".join(f"**`{key}`**" if key in required else f"`{key}`" for key in keys))
    return "\n".join(lines) + "\n"


def _events() -> str:
    lines = [GENERATED + EVENTS]
    for engine in sorted(config.name for config in apps.get_app_configs() if config.name.startswith("yiwang.")):
        if find_spec(f"{engine}.events") is None:
            continue
        found = _documented_types(Path(import_module(f"{engine}.events").__file__ or ""))
        lines += [f"\n## {engine.removeprefix('yiwang.')}\n", "| type | |", "|---|---|"]
        lines += [
            f"| `{event}` | {_one_line(meaning).replace('|', chr(92) + '|')} |"
            for event, meaning in sorted(found.items())
        ]
    return "\n".join(lines) + "\n"


def _documented_types(file: Path) -> dict[str, str]:
    """Type of event → the text that stands below its constant."""
    body = ast.parse(file.read_text("utf-8")).body
    found = {}
    for constant, below in pairwise(body):
        match constant, below:
            case ast.AnnAssign(value=ast.Constant(value=str() as event)), ast.Expr(
                value=ast.Constant(value=str() as meaning)
            ):
                found[event] = meaning
    return found


def _problems() -> str:
    lines = [GENERATED + PROBLEMS]
    for file in sorted(PROBLEM_PAGES.glob("*.md")):
        chinese, _, english = file.read_text("utf-8").partition("## zh-Hans\n")[2].partition("\n## en\n")
        first = (text.strip().splitlines()[0] for text in (chinese, english))
        lines.append(f"| [{file.stem}](../problems/{file.name}) | {' | '.join(first)} |")
    return "\n".join(lines) + "\n"


def _api() -> str:
    address = "/api/v1/openapi.json"
    view, args, named = resolve(address)
    document = json.loads(view(RequestFactory().get(address), *args, **named).content)
    lines = [GENERATED + API]
    by_tag: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            where = f"{method.upper()} {path.removeprefix('/api/v1')}"
            row = f"| `{where}` | `{operation['operationId']}` | {_one_line(operation.get('description', ''))} |"
            by_tag.setdefault((operation.get("tags") or ["other"])[0], []).append(row)
    for tag, rows in sorted(by_tag.items()):
        lines += [f"\n## {tag}\n", "| | operation | |", "|---|---|---|", *sorted(rows)]
    return "\n".join(lines) + "\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())
