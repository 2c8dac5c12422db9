"""Files with numbers in the data folder: removes those of old runs, and the rows of people to be erased."""

from __future__ import annotations

import csv
import json
import logging
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ovh_sms.contacts.prepared_list import KEYS_NAME, MANIFEST_NAME
from ovh_sms.errors import ConfigurationError
from ovh_sms.messaging.phone_numbers import EVERY_TYPE, normalise
from ovh_sms.object_storage.stored_path import as_path
from ovh_sms.private_files import private_file, remove_folder
from ovh_sms.settings import campaign_folder, inside_data

if TYPE_CHECKING:
    from ovh_sms.contacts.classify.person_digests import PersonDigester
    from ovh_sms.store.ended_runs import RunData

log = logging.getLogger(__name__)

#: How the names of pages and figures begin; they hold no number. Every other file of a run may.
_KEPT = ("report.", "figures.")
#: Digits, and what stands between those of one number.
_DIGITS = re.compile(r"\+?\(?\d[\d .()/\u00a0\u202f-]{6,}\d")
_BLOCK = 10_000
#: How the names of files begin that name receivers by their keys alone.
REPLIES = "replies-"


def folders_of(run: RunData) -> list[Path]:
    """List the folders of a run that are there: those of its lists, and those of submissions without a list.

    A folder outside of the data folder is left out.
    """
    named = [as_path(folder) for folder in run.folders]
    for campaign, tag in run.submissions:
        try:
            named.append(campaign_folder(campaign or "batches", tag))
        except ConfigurationError:
            continue
    found = []
    for folder in dict.fromkeys(named):
        try:
            inside = inside_data(folder)
        except ConfigurationError:
            log.warning("left alone: %s is outside of the data folder", folder)
            continue
        if inside.is_dir() and not inside.is_symlink():
            found.append(inside)
    return found


def remove_files(folder: Path) -> int:
    """Remove the files of a run that may hold numbers; its reports stay, and symbolic links are not followed.

    :returns: how many files were removed.
    """
    removed = 0
    for path in _files(folder):
        path.unlink(missing_ok=True)
        removed += 1
    _remove_copies(folder)
    return removed


def has_files(folder: Path) -> bool:
    """Return whether a folder holds files that may hold numbers."""
    return next(_files(folder), None) is not None


def erase_rows(folders: Sequence[Path], digests: Collection[int], digester: PersonDigester) -> int:
    """Rewrite the tables of a run that is over without the rows of some people; unfinished files and copies go.

    The files of keys come last: until then they say which events are theirs, also after an interruption.

    :param folders: all folders of the run: the events of one may be about the keys of another.
    :param digests: of the people, as the store keeps them.
    :returns: how many rows were left out.
    """
    finders = {folder: _finder(folder, frozenset(digests), digester) for folder in folders}
    keys = frozenset[str]().union(*(_keys_of(each / KEYS_NAME, is_wanted) for each, is_wanted in finders.items()))

    def has_key(rows: Sequence[Sequence[str]]) -> list[bool]:
        return [bool(row) and row[0] in keys for row in rows]

    erased = 0
    for folder, is_wanted in finders.items():
        for path in [each for each in _files(folder) if each.name != KEYS_NAME]:
            if path.suffix == ".csv":
                erased += _rewrite(path, has_key if path.name.startswith(REPLIES) else is_wanted)
            elif path.suffix == ".parquet":
                erased += _rewrite_parquet(path, is_wanted)
            elif path.suffix == ".part":  # of a task that was killed
                path.unlink()
        _remove_copies(folder)
    for folder, is_wanted in finders.items():
        if (folder / KEYS_NAME).is_file():
            erased += _rewrite(folder / KEYS_NAME, is_wanted)
    return erased


def _finder(
    folder: Path, wanted: frozenset[int], digester: PersonDigester
) -> Callable[[Sequence[Sequence[str]]], list[bool]]:
    """A function that finds the rows of some people in the files of a folder."""
    writing = _writing_of(folder)

    def is_wanted(rows: Sequence[Sequence[str]]) -> list[bool]:
        numbers = [(at, number) for at, row in enumerate(rows) for number in _numbers_in(row, writing)]
        known = digester.of_numbers([number for _, number in numbers])
        found = {at for (at, _), digest in zip(numbers, known, strict=True) if digest in wanted}
        return [at in found for at in range(len(rows))]

    return is_wanted


def _keys_of(path: Path, is_wanted: Callable[[Sequence[Sequence[str]]], list[bool]]) -> frozenset[str]:
    """The keys of some people, by the file that has them beside the numbers."""
    if not path.is_file():
        return frozenset()
    found: set[str] = set()
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter=";")
        while block := [row for _, row in zip(range(_BLOCK), rows, strict=False)]:
            found.update(row[1] for row, wanted in zip(block, is_wanted(block), strict=True) if wanted and row[1:])
    return frozenset(found)


def _remove_copies(folder: Path) -> None:
    """Remove copies of the contact list that a task, killed meanwhile, has left."""
    for each in [*folder.iterdir()]:
        if each.is_dir() and not each.is_symlink() and each.name.startswith(".source-"):
            remove_folder(each, ignore_errors=True)


def _files(folder: Path) -> Iterator[Path]:
    """The files of a folder and of its batches, reports excepted."""
    for each in sorted(folder.iterdir()):
        if each.is_symlink():
            continue
        if each.is_file() and not each.name.startswith(_KEPT):
            yield each
        elif each.is_dir() and each.name.startswith("batch_"):
            yield from (path for path in _files(each))


@dataclass(frozen=True, kw_only=True)
class _Writing:
    """The way in which a list writes its numbers.

    :param region: of numbers without a country code.
    :param any_country: a column of the list names their country, which the file of rejects does not.
    """

    region: str = "FR"
    any_country: bool = False


def _writing_of(folder: Path) -> _Writing:
    """Read from a run's manifest how its list writes numbers; as in France if there is none."""
    try:
        manifest = json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8"))
        return _Writing(region=manifest.get("region", "FR"), any_country="country" in manifest.get("rule_columns", ()))
    except (OSError, ValueError, AttributeError, TypeError):
        return _Writing()


def _numbers_in(row: Sequence[str], writing: _Writing) -> Iterator[str]:
    """The numbers that the cells of a row may mean, as E.164."""
    for cell in row:
        for found in _DIGITS.findall(cell):
            for region in {writing.region, "FR"}:
                number = normalise(found, region=region, allow_fiction=True, also_accept=EVERY_TYPE).e164
                if number is not None:
                    yield number
            if writing.any_country and not found.startswith(("+", "00")):
                yield from _numbers_of_any_country("".join(filter(str.isdigit, found)))


def _numbers_of_any_country(national: str) -> Iterator[str]:
    """A national number as one of each country, with and without the digits dialled before it there."""
    for code, prefix in _countries():
        yield f"+{code}{national}"
        if national.startswith(prefix):
            yield f"+{code}{national.removeprefix(prefix)}"


@lru_cache(maxsize=1)
def _countries() -> list[tuple[int, str]]:
    """Calling codes, each with the digits dialled before a national number."""
    import phonenumbers

    found: set[tuple[int, str]] = set()
    for region in phonenumbers.SUPPORTED_REGIONS:
        known = phonenumbers.PhoneMetadata.metadata_for_region(region)
        if known is not None:
            found.add((known.country_code or 0, known.national_prefix or "0"))
    return sorted(found)


def _rewrite(path: Path, is_wanted: Callable[[Sequence[Sequence[str]]], list[bool]]) -> int:
    """Write a table again without some rows; it stays untouched if there are none of them."""
    temporary, erased = path.with_name(f".{path.name}.part"), 0
    with (
        path.open(encoding="utf-8", newline="") as source,
        private_file(temporary).open("w", encoding="utf-8", newline="") as file,
    ):
        rows, writer = csv.reader(source, delimiter=";"), csv.writer(file, delimiter=";", lineterminator="\n")
        while block := [row for _, row in zip(range(_BLOCK), rows, strict=False)]:
            for row, left_out in zip(block, is_wanted(block), strict=True):
                if left_out:
                    erased += 1
                else:
                    writer.writerow(row)
    if erased:
        temporary.replace(path)
    else:
        temporary.unlink()
    return erased


def _rewrite_parquet(path: Path, is_wanted: Callable[[Sequence[Sequence[str]]], list[bool]]) -> int:
    """Write a Parquet file again without some rows; it stays untouched if there are none of them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    temporary, erased = path.with_name(f".{path.name}.part"), 0
    with (
        path.open("rb") as found,
        private_file(temporary).open("wb") as made,
        pq.ParquetFile(found) as source,
        pq.ParquetWriter(made, source.schema_arrow) as file,
    ):
        texts = [each.name for each in source.schema_arrow if pa.types.is_string(each.type)]
        for block in source.iter_batches(batch_size=_BLOCK):
            rows = [*zip(*(block.column(name).fill_null("").to_pylist() for name in texts), strict=True)]
            left_out = is_wanted(rows)
            erased += sum(left_out)
            file.write_batch(block.filter(pa.array([not each for each in left_out])))
    if erased:
        temporary.replace(path)
    else:
        temporary.unlink()
    return erased
