"""From whatever a campaign names as its receivers to a prepared list: fetch, copy, suppress, prepare, account."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ovh_sms.contacts.changes import Changes, asked_changes
from ovh_sms.contacts.convert import Copied, LocalList, as_csv
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.pace import Pace
from ovh_sms.contacts.prepare import prepare
from ovh_sms.contacts.prepared import MANIFEST_NAME, PreparedList, recipe_of
from ovh_sms.contacts.suppress import read_suppressed
from ovh_sms.contacts.tally import Rates
from ovh_sms.errors import ContactsError

#: A path or address of a file, ``{"sql": {"connection", "query"}}`` or ``{"http": {"connection", "endpoint"}}``.
Contacts = str | Mapping[str, Any]
#: Brings a list that is not a local file into a folder; it reports rows copied.
Fetch = Callable[[Contacts, Path, Copied | None], LocalList]

_ROOM = ".source-"


@dataclass(frozen=True, kw_only=True)
class ListSource:
    """A contact list and everything that decides who on it gets an SMS.

    :param contacts: where the list is.
    :param message: the campaign's message.
    :param stop_clause: whether OVH adds the STOP clause.
    :param options: how to read the list.
    :param sheet: sheet of a workbook.
    :param suppress: paths or addresses of the campaign's own suppression files.
    """

    contacts: Contacts
    message: str
    stop_clause: bool
    options: ContactOptions = field(default_factory=ContactOptions)
    sheet: str | None = None
    suppress: Sequence[str] = ()

    def recipe(self, batch_size: int | None) -> str:
        """Name message and options, as the manifest of a list prepared with them does.

        :param batch_size: receivers of one sending at most.
        """
        return recipe_of(self.message, self.stop_clause, self.options, batch_size)


@dataclass(frozen=True, kw_only=True)
class PreparationResult:
    """A prepared list and what is told beside its manifest.

    :param prepared: the manifest.
    :param source: what the list is called: path, address or connection.
    :param suppression: numbers by suppression file.
    :param changes: what transliteration and default text changed; None where neither was asked for.
    """

    prepared: PreparedList
    source: str
    suppression: dict[str, int]
    changes: Changes | None

    def to_xcom(self) -> dict[str, Any]:
        """Return everything as plain JSON values: counts and paths, no number and no text.

        :returns: the manifest's values, with ``source`` as people know it, ``suppression`` and ``changes``.
        """
        changes = self.changes.to_dict() if self.changes else None
        told = {"source": self.source, "suppression": self.suppression, "changes": changes}
        return {**self.prepared.to_xcom(), **told}


def prepare_source(
    source: ListSource,
    *,
    out: Path,
    fetch: Fetch,
    suppressed: Sequence[str] = (),
    pace: Pace | None = None,
    rates: Rates | None = None,
    batch_size: int | None = None,
) -> PreparationResult:
    """Prepare a list from any source; copies are removed, whatever happens.

    :param source: the list and its options.
    :param out: folder of the prepared list; copies live in it too, as they are as personal and as large.
    :param fetch: brings lists that are no local files.
    :param suppressed: numbers of OVH's blacklist.
    :param pace: told of the progress.
    :param rates: credits per part by country, see :func:`~ovh_sms.contacts.prepare.prepare`.
    :param batch_size: receivers of one sending at most; all in one where not given.
    :returns: the account of every row.
    :raises ovh_sms.errors.ContactsError: the list, a suppression file or the message cannot be used.
    :raises ovh_sms.errors.SourceUnavailable: where the list comes from did not answer; may be tried again.
    """
    source.options.check()
    for left in out.glob(f"{_ROOM}*"):  # of an earlier try whose worker was killed
        shutil.rmtree(left, ignore_errors=True)
    own, counts = gather_suppressed(source, folder=out, fetch=fetch)
    changes = asked_changes(source.options)
    copied = pace.copied if pace else None
    with open_source(source.contacts, folder=out, fetch=fetch, sheet=source.sheet, copied=copied) as local:
        if pace:
            pace.restart()
        try:
            prepared = prepare(
                local.path,
                out=out,
                message=source.message,
                stop_clause=source.stop_clause,
                options=local.options(source.options),
                suppressed={*suppressed, *own},
                progress=pace.prepared if pace else None,
                rates=rates,
                batch_size=batch_size,
                changes=changes,
            )
        except ContactsError as error:
            raise local.renamed(error) from None
    if local.path != Path(local.name):
        _name_in_manifest(out / MANIFEST_NAME, local.name)
    return PreparationResult(prepared=prepared, source=local.name, suppression=counts, changes=changes)


@contextmanager
def open_source(
    contacts: Contacts, *, folder: Path, fetch: Fetch, sheet: str | None = None, copied: Copied | None = None
) -> Iterator[LocalList]:
    """Make a list readable as CSV for as long as the block lasts.

    :param contacts: where the list is.
    :param folder: where copies go meanwhile; it is made if need be.
    :param fetch: brings lists that are no local files.
    :param sheet: sheet of a workbook.
    :param copied: called with rows copied so far.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=_ROOM, dir=folder) as room:
        if isinstance(contacts, str) and "://" not in contacts:
            found = LocalList(Path(contacts), contacts)
        else:
            found = fetch(contacts, Path(room), copied)
        yield found if found.converted else as_csv(found, folder=Path(room), sheet=sheet, copied=copied)


def gather_suppressed(source: ListSource, *, folder: Path, fetch: Fetch) -> tuple[set[str], dict[str, int]]:
    """Read the campaign's own suppression files.

    :param source: names the files and the region of their numbers.
    :param folder: where copies go meanwhile.
    :param fetch: brings files that are not local.
    :returns: the numbers as E.164, and how many there are by file.
    :raises ovh_sms.errors.ContactsError: a file is not there, or holds a number that cannot be read.
    """
    numbers: set[str] = set()
    counts: dict[str, int] = {}
    for each in source.suppress:
        try:
            found = _suppressed_in(each, source, folder, fetch)
        except OSError as error:
            raise ContactsError(
                f"Suppression file {each[:200]} cannot be read: {error.strerror}.",
                action="Check its path and its permissions.",
            ) from error
        counts[each] = len(found)
        numbers |= found
    return numbers, counts


def _suppressed_in(file: str, source: ListSource, folder: Path, fetch: Fetch) -> set[str]:
    """Read one suppression file; an empty one is no list, and suppresses nobody."""
    if "://" not in file and Path(file).is_file() and not Path(file).stat().st_size:
        return set()
    try:
        with open_source(file, folder=folder, fetch=fetch) as local:
            return read_suppressed(local, region=source.options.region)
    except ContactsError as error:
        what = error.what.replace("Contact list", "Suppression file", 1)
        raise ContactsError(what, action=error.action) from None


def _name_in_manifest(path: Path, name: str) -> None:
    """Put the source's own name into a manifest that names the copy."""
    shown = {**json.loads(path.read_text(encoding="utf-8")), "source": name}
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(json.dumps(shown, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    temporary.replace(path)
