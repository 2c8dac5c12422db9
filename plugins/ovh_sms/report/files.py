"""The files of a run, by name; their content is not read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ovh_sms.report.models import ReportFile
from ovh_sms.settings import data_path

MESSAGES, FAILED = "messages.csv", "failed.csv"
FIGURES_JSON, MESSAGES_PARQUET = "figures.json", "messages.parquet"
#: Names of files, by what they hold.
NAMES = (
    ("rejects", "rejects.csv"),
    ("refused", "refused_receivers.csv"),
    ("failed", FAILED),
    ("messages", MESSAGES),
    ("messages", MESSAGES_PARQUET),
    ("figures", FIGURES_JSON),
)


def files_in(folders: Sequence[Path]) -> tuple[ReportFile, ...]:
    """List the files that some folders of a run hold, without those of its batches' folders.

    :returns: paths below the data folder, in the order of their kinds.
    """
    root = data_path().resolve()
    found = []
    for kind, name in NAMES:
        for folder in dict.fromkeys(folders):
            path = (folder / name).resolve()
            if path.is_file() and path.is_relative_to(root):
                found.append(ReportFile(kind, path.relative_to(root).as_posix()))
    return tuple(found)
