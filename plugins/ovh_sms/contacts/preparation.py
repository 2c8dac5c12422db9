"""From any source of contacts to a prepared list: fetch, read suppression files, prepare."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms.clock import Clock, SystemClock
from ovh_sms.contacts.classify.list_totals import Rates
from ovh_sms.contacts.classify.suppression_files import SuppressionFile, read_suppressed
from ovh_sms.contacts.classify.value_changes import ValueChanges
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.prepare import PreparationObserver, prepare
from ovh_sms.contacts.prepared_list import MANIFEST_NAME, PreparedList, preparation_fingerprint
from ovh_sms.contacts.read.contact_file import ContactFile
from ovh_sms.errors import ContactsError
from ovh_sms.messaging.mail_merge import left_over
from ovh_sms.messaging.message_check import as_sent
from ovh_sms.private_files import remove_folder, scratch_folder

if TYPE_CHECKING:
    from ovh_sms.contacts.classify.already_sent import AlreadySentCheck
    from ovh_sms.contacts.classify.person_digests import OptedOut
    from ovh_sms.contacts.write.pilot_sample import PilotRequest
    from ovh_sms.messaging.departure_hours import RunHours


#: A path or address of a file, ``{"sql": {"connection", "query"}}`` or ``{"http": {"connection", "endpoint"}}``.
ContactSource = str | Mapping[str, Any]
#: Fetches a contact list that is not a local file into a folder, or gives the rows of a query.
Fetch = Callable[[ContactSource, Path], ContactFile]

_COPIES = ".source-"


@dataclass(frozen=True, kw_only=True)
class PreparationRequest:
    """A contact list with everything that decides who on it gets an SMS.

    :param suppress: paths or addresses of the campaign's own suppression files.
    :param today: the day for which a consent must not be too old.
    :param hours: when messages of the run can leave, if that matters.
    :param pilot: rows that get batches of their own, before all others.
    """

    contacts: ContactSource
    message: str
    stop_clause: bool
    options: ContactOptions = field(default_factory=ContactOptions)
    sheet: str | None = None
    suppress: Sequence[str] = ()
    today: date | None = None
    hours: RunHours | None = None
    pilot: PilotRequest | None = None

    def fingerprint(self, batch_size: int | None) -> str:
        """Compute the fingerprint of message and options, as in the manifest of a list prepared with them."""
        return preparation_fingerprint(self.message, self.stop_clause, self.options, batch_size, self.hours)


@dataclass(frozen=True, kw_only=True)
class PreparationResult:
    """A prepared list, with the counts that are not in its manifest.

    :param suppression: numbers, or digests of them, by suppression file.
    :param without_number: rows with an e-mail address and no number, by suppression file.
    :param changes: the values changed by transliteration and default text; None if the list was kept.
    :param left_overs: what an empty value leaves in the message that no author means, by column.
    """

    prepared: PreparedList
    source: str
    suppression: dict[str, int]
    changes: ValueChanges | None
    without_number: dict[str, int] = field(default_factory=dict)
    left_overs: dict[str, str] = field(default_factory=dict)

    def to_xcom(self) -> dict[str, Any]:
        """Return everything as plain JSON values, fit for XCom: counts and paths, no number and no text.

        :returns: the manifest's values, with ``source`` as people know it, ``suppression``, ``without_number`` and
            ``changes``.
        """
        changes = self.changes.to_dict() if self.changes else None
        counts = {"suppression": self.suppression, "without_number": self.without_number}
        return {**self.prepared.to_xcom(), "source": self.source, **counts, "changes": changes}


def prepare_contacts(
    request: PreparationRequest,
    *,
    out: Path,
    fetch: Fetch,
    suppressed: Sequence[str] = (),
    progress: Progress | None = None,
    rates: Rates | None = None,
    batch_size: int | None = None,
    already_sent: AlreadySentCheck | None = None,
    observer: PreparationObserver | None = None,
    **people: OptedOut | None,
) -> PreparationResult:
    """Prepare a contact list from any source; copies of it are always removed.

    :param out: folder of the prepared list; copies are in it too, as personal as they are.
    :param rates: credits per segment by destination, see :func:`~ovh_sms.contacts.prepare.prepare`.
    :param already_sent: rejects rows that another run has sent to; ``people``: the opted out, dead, unreachable ones.
    :raises ovh_sms.errors.ContactsError: the contact list, a suppression file or the message cannot be used.
    :raises ovh_sms.errors.SourceUnavailable: it did not answer; SubmissionInFlight: another run may be sending to some.
    """
    request.options.check()
    _remove_copies(out)
    files, changes = read_suppression_files(request, folder=out, fetch=fetch), ValueChanges()
    with open_source(request.contacts, folder=out, fetch=fetch) as file:
        if progress:
            progress.restart()
        try:
            prepared = prepare(
                file,
                out=out,
                message=request.message,
                stop_clause=request.stop_clause,
                options=request.options,
                suppressed={*suppressed, *chain.from_iterable(each.people for each in files.values())},
                progress=progress.rows_read if progress else None,
                rates=rates,
                batch_size=batch_size,
                sheet=request.sheet,
                changes=changes,
                already_sent=already_sent,
                today=request.today,
                hours=request.hours,
                observer=observer,
                pilot=request.pilot,
                **people,
            )
        except ContactsError as error:
            raise file.renamed(error) from None
    _name_in_manifest(out / MANIFEST_NAME, file)
    return PreparationResult(
        prepared=prepared,
        source=file.name,
        suppression={name: len(each.people) for name, each in files.items()},
        changes=changes,
        without_number={name: each.without_number for name, each in files.items() if each.without_number},
        left_overs=_left_overs(as_sent(request.message), prepared),
    )


def _remove_copies(out: Path) -> None:
    """Remove the copies of an earlier attempt whose worker was killed."""
    for left in out.glob(f"{_COPIES}*"):
        remove_folder(left, ignore_errors=True)


def _left_overs(message: str, prepared: PreparedList) -> dict[str, str]:
    found = {name: left_over(message, name) for name in prepared.empty_values}
    return {name: left for name, left in found.items() if left}


@contextmanager
def open_source(contacts: ContactSource, *, folder: Path, fetch: Fetch) -> Iterator[ContactFile]:
    """Make a contact list a local file for as long as the block lasts.

    :param folder: folder of the copies, see :func:`~ovh_sms.private_files.scratch_folder`; it is made if need be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with scratch_folder(folder, prefix=_COPIES) as copies:
        if isinstance(contacts, str) and "://" not in contacts:
            yield ContactFile(Path(contacts), contacts)
        else:
            yield fetch(contacts, copies)


def read_suppression_files(request: PreparationRequest, *, folder: Path, fetch: Fetch) -> dict[str, SuppressionFile]:
    """Read the campaign's own suppression files.

    :returns: the content of each, by its name.
    :raises ovh_sms.errors.ContactsError: a file does not exist, or holds a number that cannot be read.
    """
    found = {}
    for each in request.suppress:
        try:
            with open_source(each, folder=folder, fetch=fetch) as local:
                found[each] = read_suppressed(local, region=request.options.region)
        except ContactsError as error:
            what = error.what.replace("Contact list", "Suppression file", 1)
            raise ContactsError(what, action=error.action) from None
        except OSError as error:
            raise ContactsError(
                f"Suppression file {each[:200]} cannot be read: {error.strerror}.",
                action="Check its path and its permissions.",
            ) from error
    return found


def _name_in_manifest(path: Path, file: ContactFile) -> None:
    """Write the contact list's own name into a manifest that names the copy."""
    if file.path == Path(file.name):
        return
    shown = {**json.loads(path.read_text(encoding="utf-8")), "source": file.name}
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(json.dumps(shown, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    temporary.replace(path)


class Progress:
    """Reports rows, rows per second and rejects so far, but not too often.

    :param report: called with each sentence.
    :param every: seconds between two sentences at least.
    """

    def __init__(self, report: Callable[[str], None], *, every: float = 10.0, clock: Clock | None = None) -> None:
        self._report = report
        self._every = every
        self._clock = clock or SystemClock()
        self._started = self._reported = self._clock.monotonic()

    def rows_read(self, rows: int, rejected: int) -> None:
        """Report rows classified so far, with the rejects among them."""
        now = self._clock.monotonic()
        if now - self._reported < self._every:
            return
        self._reported = now
        speed = rows / max(now - self._started, 1e-9)
        self._report(f"{rows:,} rows read ({speed:,.0f} rows/s), {rejected:,} rejected so far")

    def restart(self) -> None:
        """Measure from now on: the contact list has been fetched."""
        self._started = self._reported = self._clock.monotonic()
