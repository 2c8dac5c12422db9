"""Names that a shell completes, read from a SQLite results file by Python's own library: a shell waits for them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

#: Names that are offered at most, the newest first.
MOST = 50
#: Seconds that a locked file is waited for.
_WAIT = 0.2
_RUNS = "SELECT run_id FROM ovh_sms_runs WHERE ? IS NULL OR campaign = ? ORDER BY started_at DESC LIMIT ?"
_QUESTIONS = (
    "SELECT tag, question FROM ovh_sms_attempts WHERE question IS NOT NULL AND resolution IS NULL "
    "ORDER BY claimed_at DESC LIMIT ?"
)


def run_ids(file: Path | None, campaign: str | None) -> list[str]:
    """Return Airflow's latest runs that the results know, the newest first.

    :param file: the results; a file that cannot be read, and none, has no names.
    :param campaign: name of a campaign; of all if ``None``.
    """
    return list(dict.fromkeys(run for (run,) in _rows(file, _RUNS, campaign, campaign, MOST)))


def open_questions(file: Path | None) -> list[tuple[str, str]]:
    """Return the tag and code of each unknown outcome that no person has resolved, the newest first.

    :param file: the results; a file that cannot be read, and none, has no names.
    """
    return [(tag, json.loads(question)["code"]) for tag, question in _rows(file, _QUESTIONS, MOST)]


def _rows(file: Path | None, query: str, *values: Any) -> list[tuple[Any, ...]]:
    if file is None or not file.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=_WAIT)) as connection:
            return connection.execute(query, values).fetchall()
    except sqlite3.Error:  # it is being written, or is none of ours: a shell completes nothing then
        return []
