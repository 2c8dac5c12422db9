"""The manifest of a prepared list and its batches: counts of rows, rejects and costs. No phone numbers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.errors import AccountingError, ConfigurationError, ContactsError
from ovh_sms.messaging.departure_hours import RunHours
from ovh_sms.messaging.receiver_zones import HOME, Zones
from ovh_sms.object_storage.stored_path import as_path
from ovh_sms.settings import inside_data

REJECTS_NAME, MANIFEST_NAME = "rejects.csv", "prepared.json"
#: ``number;key`` of every receiver, if the campaign names the column of its keys. OVH never gets it.
KEYS_NAME = "keys.csv"


@dataclass(frozen=True, kw_only=True)
class PreparedList:
    """The manifest of a prepared list: its files, and the account of every row of the contact list.

    :param batches: the batches of the prepared list; a single one if the list is small or empty.
    :param rejects_path: rejects.csv: ``line;column;value;reason``.
    :param columns: all columns of the contact list, as people read their names.
    :param used_columns: columns of prepared.csv, ``number`` first.
    :param rows: rows of the contact list; blank lines and the header are none.
    :param accepted: rows of the prepared list; may be 0.
    :param rejected: rejected rows by reason, without reasons that did not occur.
    :param fingerprint: digest of message and options, see :func:`preparation_fingerprint`.
    :param segments: accepted rows by number of segments.
    :param credits: sum of segments at each destination's rate if rates were given; else 1 credit per segment.
    :param worst_segments: segments of the longest merged message, 0 without any.
    :param worst_line: line of the contact list with the first message of that length.
    :param unicode_rows: accepted rows whose message does not fit GSM 03.38.
    :param foreign_rows: accepted rows outside +33, so without STOP clause and at another rate.
    :param countries: accepted rows by calling code ("33"), with the country if several share one ("1 CA").
    :param country_segments: segments of their messages, under the same names.
    :param empty_values: accepted rows with an empty value, by used column.
    :param rejected_characters: rows rejected as ``not_gsm7``, by the character at fault, the commonest first; a row
        with two such characters counts for both.
    :param source_digest: SHA-256 of the contact list's file, or of the rows of a query; None if an earlier
        version prepared it.
    :param encoding_certainty: how sure the encoding is, from 0 to 1.
    :param header_line: line of the contact list in which its header begins.
    :param zones: accepted rows by the time zones they may be in ("America/Martinique"), if the campaign keeps hours.
    :param without_plus: accepted rows whose number is another country's and stands without a plus, by calling code.
    :param unicode_text: characters of the message's own text that make every message Unicode, each with a replacement:
        itself if there is none.
    :param gsm7_credits: what the list would cost with the message's own text in the GSM alphabet; ``None`` if it is.
    :param made_up_rows: accepted rows whose number may be made up; ``made_up_lines`` are the first of them.
    :param region: ISO 3166 code of the country of numbers without a country code.
    :param pilot_batches: the first so many batches are the pilot, which is sent before the others.
    :param rule_columns: columns of the contact list by what they decide: ``country``, and ``consent`` by the rules;
        and by what else they are read for: ``key``.
    """

    source: Path
    folder: Path
    batches: tuple[Batch, ...]
    rejects_path: Path
    encoding: str
    separator: str
    columns: tuple[str, ...]
    used_columns: tuple[str, ...]
    rows: int
    accepted: int
    rejected: dict[str, int]
    fingerprint: str
    segments: dict[int, int]
    credits: float
    worst_segments: int
    worst_line: int | None
    unicode_rows: int
    foreign_rows: int
    countries: dict[str, int]
    empty_values: dict[str, int]
    region: str = "FR"
    source_digest: str | None = None
    encoding_certainty: float = 1.0
    header_line: int = 1
    country_segments: dict[str, int] = field(default_factory=dict)
    rejected_characters: dict[str, int] = field(default_factory=dict)
    rule_columns: dict[str, list[str]] = field(default_factory=dict)
    pilot_batches: int = 0
    zones: dict[str, int] = field(default_factory=dict)
    without_plus: dict[str, int] = field(default_factory=dict)
    unicode_text: dict[str, str] = field(default_factory=dict)
    gsm7_credits: float | None = None
    made_up_rows: int = 0
    made_up_lines: list[int] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """Digest of what is sent and of when it may leave, see :func:`run_digest`."""
        return run_digest([(batch.digest, batch.zones, batch.valid_until) for batch in self.batches])

    @property
    def list_path(self) -> Path:
        """The prepared.csv of a list with one batch.

        :raises ContactsError: there are several batches.
        """
        if len(self.batches) > 1:
            raise ContactsError(
                f"The prepared list in {self.folder} has {len(self.batches)} batches.",
                action="Use them one by one, or prepare the list without a batch size.",
            )
        return self.batches[0].list_path

    def to_xcom(self) -> dict[str, Any]:
        """Return the manifest as plain JSON values.

        :returns: every field, ``digest``, and ``list_path``, which is ``None`` if there are several batches.
        """
        plain: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            **plain,
            **{name: str(plain[name]) for name in _PATHS},
            **{name: list(plain[name]) for name in _COLUMNS},
            "digest": self.digest,
            "list_path": str(self.list_path) if len(self.batches) == 1 else None,
            "batches": [batch.to_xcom() for batch in self.batches],
            "segments": {str(count): rows for count, rows in self.segments.items()},
        }

    @classmethod
    def from_xcom(cls, value: Mapping[str, Any]) -> Self:
        """Read a manifest back.

        :raises ContactsError: a value is missing.
        """
        names = {field.name for field in fields(cls)}
        missing = sorted(names - _LATER - value.keys())
        if missing:
            raise ContactsError(
                f"The manifest of the prepared list lacks {', '.join(missing)}.", action="Prepare the list again."
            )
        plain = {name: value[name] for name in names & value.keys()}
        return cls(
            **{
                **plain,
                "source": Path(plain["source"]),
                **{name: as_path(plain[name]) for name in ("folder", "rejects_path")},
                **{name: tuple(plain[name]) for name in _COLUMNS},
                "batches": tuple(Batch.from_xcom(batch) for batch in plain["batches"]),
                "segments": {int(count): int(rows) for count, rows in plain["segments"].items()},
            }
        )

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the manifest of a prepared list.

        :param folder: the folder that ``prepare`` wrote to.
        :raises ContactsError: there is none, or it cannot be read.
        """
        path = folder / MANIFEST_NAME
        try:
            shown = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ContactsError(
                f"No prepared list in {folder}: {MANIFEST_NAME} cannot be read.", action="Prepare the list again."
            ) from error
        return cls.from_xcom(shown)


#: Values that the manifests of earlier versions lack.
_LATER = {
    *("region", "source_digest", "encoding_certainty", "header_line", "rejected_characters", "rule_columns"),
    *("without_plus", "made_up_rows", "made_up_lines", "zones", "unicode_text", "gsm7_credits", "country_segments"),
    "pilot_batches",
}
_PATHS = ("source", "folder", "rejects_path")
_COLUMNS = ("columns", "used_columns")


def preparation_fingerprint(
    message: str, stop_clause: bool, options: ContactOptions, batch_size: int | None, hours: RunHours | None = None
) -> str:
    """Identify the message and options a list is prepared with: other ones have another fingerprint.

    :param message: the campaign's message; only a digest of it is kept.
    :param options: how values and numbers are treated; separator, encoding and line of the header do not matter.
    :param hours: of the run; the list is cut by its rule.
    :returns: SHA-256, hexadecimal.
    """
    treated = replace(options, separator=None, encoding=None, header_line=None)
    rule = () if hours is None else (hours.hours,)
    ingredients = repr((message, stop_clause, treated, batch_size, *rule))
    return hashlib.sha256(ingredients.encode("utf-8", "replace")).hexdigest()


def check_accounting(*, rows: int, accepted: int, rejected: Mapping[str, int]) -> None:
    """Make sure that no row was lost between the contact list and its account.

    :raises AccountingError: the sums differ.
    """
    rejects = sum(rejected.values())
    if rows != accepted + rejects:
        raise AccountingError(
            f"{rows} rows were read, but {accepted} accepted and {rejects} rejected.",
            action="Nothing was sent. Report this as a defect, with the list's shape but without its numbers.",
        )


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
    :param zones: time zones in which its receivers may be.
    :param valid_until: when the first of its messages is of no use any more, ISO 8601; ``None``: nobody says so.
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
    zones: Zones = HOME
    valid_until: str | None = None

    def to_xcom(self) -> dict[str, Any]:
        """Return the batch as plain JSON values: paths, digests and counts."""
        plain: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**plain, **{name: str(plain[name]) for name in _BATCH_PATHS}, "zones": list(self.zones)}

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
        missing = sorted({field.name for field in fields(cls)} - _BATCH_LATER - plain.keys())
        if missing:
            raise ConfigurationError(
                f"A batch lacks {', '.join(missing)}. Nothing was sent.",
                action="Give the output of PrepareContactsOperator, or an item of SplitIntoBatchesOperator.",
            )
        values = {"zones": HOME, "valid_until": None, **plain}
        values = {field.name: values[field.name] for field in fields(cls)}
        paths = {name: inside_data(values[name]) for name in _BATCH_PATHS}
        return cls(**{**values, **paths, "zones": tuple(values["zones"])})


#: Values that the batches of earlier versions lack.
_BATCH_LATER = {"zones", "valid_until"}
_BATCH_PATHS = ("list_path", "folder")


def run_digest(batches: Sequence[tuple[str, Zones, str | None]]) -> str:
    """Return the digest of a run's prepared list: a list that may leave at other hours is another one.

    :param batches: digest, time zones and ``valid_until`` of each, in their order.
    :returns: hexadecimal; of one batch at home without an end of its use the SHA-256 of prepared.csv.
    """
    digests = [
        digest if (zones, end) == (HOME, None) else _sha256(digest, *zones, end or "") for digest, zones, end in batches
    ]
    return digests[0] if len(digests) == 1 else _sha256(*digests)


def _sha256(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
