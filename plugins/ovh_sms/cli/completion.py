"""The words that a shell completes: names of campaigns and accounts, runs, and tags of unknown outcomes.

Everything is read from folders and from a local results file: a shell waits for it. Neither Airflow nor OVH is asked,
so that a results database in PostgreSQL completes no runs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import typer

from ovh_sms.api.purposes import PURPOSES
from ovh_sms.campaign.yaml_paths import yaml_paths
from ovh_sms.settings import data_path
from ovh_sms.store.shell_names import open_questions, run_ids

#: Set by the shell's script while it asks for words.
ASKS = "_OVH_SMS_COMPLETE"
_ACCOUNT = re.compile(r"^account:\s*[\"']?([\w.-]+)", re.MULTILINE)


def complete_campaign(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete the name of a campaign file."""
    return _starting(incomplete, (each.stem for each in _files(ctx, "campaigns")))


def complete_account(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete the name of an account file, or the SMS account that one is for."""
    files = _files(ctx, "accounts")
    return _starting(incomplete, [each.stem for each in files] + _accounts(files))


def complete_sms_account(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete an SMS account that a campaign file or an account file names."""
    return _starting(incomplete, _accounts(_files(ctx, "accounts") + _files(ctx, "campaigns")))


def complete_run(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete Airflow's run of the campaign that is named before, the newest first."""
    return _starting(incomplete, run_ids(_results(), ctx.params.get("campaign") or _word_behind(ctx.info_name or "")))


def complete_tag(incomplete: str) -> list[str]:
    """Complete the tag of an unknown outcome."""
    return _starting(incomplete, (tag for tag, _ in open_questions(_results())))


def complete_code(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete the code that belongs to the tag that is named before."""
    return _starting(incomplete, (code for tag, code in open_questions(_results()) if tag == ctx.params.get("tag")))


def complete_purposes(incomplete: str) -> list[str]:
    """Complete the last purpose of a list with commas."""
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{each}" for each in _starting(last, PURPOSES)]


def _word_behind(command: str) -> str | None:
    """The word behind a command, as the shell's script hands the line on: an option without a value hides it."""
    words = (os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS") or "").split()
    behind = words[words.index(command) + 1 :][:1] if command in words else []
    return behind[0] if behind and not behind[0].startswith("-") else None


def _files(ctx: typer.Context, folder: str) -> list[Path]:
    named = ctx.params.get("include") or os.environ.get("OVH_SMS_INCLUDE") or "include"
    return yaml_paths(Path(named).expanduser().joinpath(folder))


def _accounts(files: list[Path]) -> list[str]:
    """The accounts that files name, without reading YAML: its library takes longer to load than a person waits."""
    found = []
    for file in files:
        try:
            found += _ACCOUNT.findall(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            continue
    return found


def _results() -> Path | None:
    """The local results file; none if the data folder is an object storage, which a shell does not wait for."""
    path = data_path() / "results.sqlite"
    return path if type(path) is type(Path()) else None


def _starting(incomplete: str, names: Iterable[str]) -> list[str]:
    return [each for each in dict.fromkeys(names) if each.startswith(incomplete)]
