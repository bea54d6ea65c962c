"""The generated pages of `docs/reference`: settings, commands, and the JSON Schemas of the kinds."""

from __future__ import annotations

from pathlib import Path

import click

from yiwang.cli.frame import COMMANDS, main, with_django
from yiwang.launch.configuration import PREFIX, Configuration, load

__all__ = ["docs", "pages"]

GENERATED = "<!-- Written by `make docs`; change the source and run it again. -->\n\n"


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
    """File name → text of the pages about this floor and `launch`."""
    return {"settings.md": _settings(), "commands.md": _commands()}


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
