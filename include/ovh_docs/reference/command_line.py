"""The reference of the command ``ovh-sms``: every command with its options, made from the program itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ovh_docs.reference.markdown import MADE, plain, table


def commands() -> Iterator[tuple[str, Any]]:
    """Yield each command that a person may type, with its name, such as ``ovh-sms db init``."""
    from typer.main import get_command

    from ovh_sms.cli import app

    yield from _below("ovh-sms", get_command(app))


def _below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", {})
    if not below or getattr(command, "invoke_without_command", False):
        yield name, command
    for each in below:
        yield from _below(f"{name} {each}", below[each])


def command_line_page() -> str:
    """Return the page."""
    from ovh_sms.cli import exit_codes

    chapters = [_chapter(name, command) for name, command in commands()]
    codes = re.findall(r"^(\d+) +(.+)$", exit_codes.__doc__ or "", re.MULTILINE)
    start = (
        "# The command line: every option\n\n"
        f"What each command is for: [the command `ovh-sms`](../command-line.md). {MADE} `--help` shows the same.\n"
    )
    return "\n".join([start, *chapters, f"## Exit codes\n\n{table(('Code', 'Meaning'), codes)}"])


def _chapter(name: str, command: Any) -> str:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    usage = " ".join([name, *(_shown(each) for each in arguments), "[OPTIONS]"])
    rows = [(_names(each), plain(getattr(each, "help", "") or ""), _default(each)) for each in command.params]
    options = table(("Option", "Meaning", "Default"), [each for each in rows if each[0] != "`--help`"])
    return f"## {name}\n\n{plain(_prose(command.help or ''))}\n\n```text\n{usage}\n```\n\n{options}{_examples(command)}"


def _examples(command: Any) -> str:
    lines = [each.strip() for each in (command.epilog or "").splitlines() if each.startswith("  ")]
    return "\n```sh\n" + "\n".join(lines) + "\n```\n" if lines else ""


def _prose(text: str) -> str:
    return re.split(r"\n*^:(?:param|raises|returns)", text, maxsplit=1, flags=re.MULTILINE)[0]


def _shown(argument: Any) -> str:
    return _metavar(argument) if argument.required else f"[{_metavar(argument)}]"


def _metavar(parameter: Any) -> str:
    return str(parameter.metavar or "TEXT").strip("[]")


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{_metavar(parameter)}`"
    names = ", ".join(f"`{each}`" for each in (*parameter.opts, *parameter.secondary_opts))
    return names if parameter.is_flag else f"{names} `{_metavar(parameter)}`"


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    value = parameter.default
    if value in (None, "", (), [], False) or callable(value):
        return ""
    return f"`{getattr(value, 'value', value)}`"
