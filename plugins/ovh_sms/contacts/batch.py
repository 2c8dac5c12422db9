"""One batch of a prepared list, as tasks hand it on. No phone numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from ovh_sms.errors import ConfigurationError
from ovh_sms.settings import inside_data


@dataclass(frozen=True, kw_only=True)
class Batch:
    """As much of a prepared list as goes to OVH in one request.

    :param batch: its place among the run's batches, from 1.
    :param of: number of the run's batches.
    :param list_path: its prepared.csv: ``number`` and the columns the message uses.
    :param rows: rows of the contact list it accounts for: its own, and in the first batch all rejected ones.
    :param rejected: rejected rows by reason, all in the first batch.
    :param digest: SHA-256 of its prepared.csv, hexadecimal.
    :param run_digest: digest of the run's prepared list, the same in all its batches.
    :param folder: folder of the run's prepared list.
    :param source_digest: SHA-256 of the contact list.
    """

    batch: int
    of: int
    list_path: Path
    rows: int
    accepted: int
    rejected: dict[str, int]
    digest: str
    credits: float
    run_digest: str
    folder: Path
    source_digest: str | None

    def to_xcom(self) -> dict[str, Any]:
        """Return the batch as plain JSON values: paths, digests and counts."""
        plain: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**plain, **{name: str(plain[name]) for name in _BATCH_PATHS}}

    @classmethod
    def from_xcom(cls, value: Mapping[str, Any]) -> Self:
        """Read a batch back.

        :param value: an item of ``SplitIntoBatchesOperator``, or the output of ``PrepareContactsOperator`` if its list
            has one batch.
        :raises ConfigurationError: the list has several batches, the value is no batch, or it is outside of the data
            folder.
        """
        batches = value.get("batches")
        if batches is not None and len(batches) > 1:
            raise ConfigurationError(
                f"The prepared list has {len(batches)} batches, and a task submits one. Nothing was sent.",
                action="Put SplitIntoBatchesOperator behind the preparation and map upload and submission over its "
                "output.",
            )
        plain = batches[0] if batches else value
        missing = sorted({field.name for field in fields(cls)} - plain.keys())
        if missing:
            raise ConfigurationError(
                f"A batch lacks {', '.join(missing)}. Nothing was sent.",
                action="Give the output of PrepareContactsOperator, or an item of SplitIntoBatchesOperator.",
            )
        values = {field.name: plain[field.name] for field in fields(cls)}
        return cls(**{**values, **{name: inside_data(values[name]) for name in _BATCH_PATHS}})


_BATCH_PATHS = ("list_path", "folder")


def run_digest(digests: Sequence[str]) -> str:
    """Return the digest of a run's prepared list.

    :param digests: digests of its batches, in their order.
    """
    return digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()
