"""The contact list of a resend: the rows of the failed messages, as the run whose messages failed has sent them."""

from __future__ import annotations

import csv
import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms.contacts.prepared_list import KEYS_NAME, Batch, PreparedList
from ovh_sms.contacts.read.contact_file import ContactFile
from ovh_sms.errors import ConfigurationError, ContactsError, EmptyList
from ovh_sms.number_types import NUMBER_TYPES
from ovh_sms.sending.receiver_files import digits, read_list
from ovh_sms.settings import inside_data

if TYPE_CHECKING:
    from ovh_sms.contacts.preparation import ContactSource, Fetch
    from ovh_sms.contacts.read.contact_file import Rows
    from ovh_sms.store.published_lists import PublishedList
    from ovh_sms.store.resends import Resend
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)

#: Columns beside those of the prepared list: until when the message is of use, and the key of its receiver.
UNTIL, KEY = "resend_valid_until", "resend_key"
#: In place of an end, for a message without any.
_NO_END = "9999-01-01"
_BLOCK = 10_000
_KEPT = "Nothing was prepared, and nothing is sent again."


@dataclass(kw_only=True)
class FailedList:
    """Reads the failed messages of a run, and records which of them are on the list that is made of them.

    Message, sender and kind are those that the run was sent with, also if the campaign's file says something else
    now. Its values are those that its people were to read.

    :param end: after which no message of that run was of any use; ``None`` if its campaign names no end.
    """

    store: Store
    resend: Resend
    end: datetime | None = None
    _rows_of: dict[tuple[str, ...], int] = field(default_factory=dict, init=False)
    _header: tuple[str, ...] = field(default=(), init=False)
    _source: PublishedList = field(init=False)

    def __post_init__(self) -> None:
        found = self.store.published_lists.of_run(self.resend.dag_id, self.resend.source_run_id)
        if len(found) != 1:
            raise ConfigurationError(
                f"Run {self.resend.source_run_id} has {len(found)} prepared lists; only the messages of a run with one "
                "can be sent again.",
                action=f"{_KEPT} Start a new run for these people.",
            )
        self._source = found[0]

    @property
    def contacts(self) -> dict[str, str]:
        """The name of the list, in place of an address: that of the resend, and no person."""
        return {"resend": self.resend.resend}

    @property
    def message(self) -> str:
        """The message that the run was sent with."""
        return str(self._source.content["message"])

    @property
    def terms(self) -> dict[str, Any]:
        """The terms it was sent with: sender and kind."""
        return {name: value for name, value in self._source.content.items() if name != "message"}

    @property
    def marketing(self) -> bool:
        """Whether its messages carry the STOP clause, and keep the sending window."""
        return bool(self.terms.get("stop_clause", True))

    @property
    def adds_stop(self) -> bool:
        """Whether OVH adds the STOP clause: only to a named sender."""
        return self.marketing and not self.terms.get("sender_for_response", False)

    def options(self) -> dict[str, Any]:
        """Return the options that leave every value as it is: it was read by the campaign's own before."""
        return {
            "number_column": "number",
            "also_accept": NUMBER_TYPES,
            "consent": "ignore",
            "country_column": False,
            "missing": (),
            "line_breaks": "keep",
            "duplicates": "number_and_text",
            "valid_until_column": UNTIL,
            **({"key_column": KEY} if self._has_keys() else {}),
        }

    def fetch(self, other: Fetch) -> Fetch:
        """Return a function that opens this list, and any other source as another function does."""
        name = f"the failed messages of run {self.resend.source_run_id}"

        def fetched(contacts: ContactSource, folder: Path) -> ContactFile:
            return ContactFile(Path(name), name, self._open) if contacts == self.contacts else other(contacts, folder)

        return fetched

    def plan(self, prepared: PreparedList) -> None:
        """Record the failed message of each row of the prepared list: the claim lets these alone pass.

        :raises ContactsError: a row is not exactly one that the run has sent.
        """
        from ovh_sms.contacts.classify.receiver_digests import ReceiverDigester
        from ovh_sms.store.resent_messages import PlannedResend

        digester = ReceiverDigester(self.store.identity.secret(), message=self.message, marketing=self.marketing)
        planned: list[PlannedResend] = []
        for batch in prepared.batches:
            rows = read_list(batch.list_path)
            failed = [self._rows_of.get(tuple(row)) for row in rows[1:]]
            if tuple(rows[0]) != self._header or None in failed:
                raise ContactsError(
                    "The list of a resend holds a row that its run has not sent: a value was read in another way.",
                    action=f"{_KEPT} Report this as a defect, without its numbers.",
                )
            found = zip(failed, digester.of_rows(rows).view("int64").tolist(), strict=True)
            planned += [
                PlannedResend(outgoing_id=number or 0, batch=batch.batch, digest=digest) for number, digest in found
            ]
        self.store.resent_messages.plan(self.resend, planned)
        log.info("resend=%s failed_messages=%d", self.resend.resend, len(planned))

    @contextmanager
    def _open(self) -> Iterator[tuple[Sequence[str], Iterator[Rows]]]:
        """Open the list as the rows of a query."""
        prepared = self._prepared()
        failed: dict[str, dict[int, int]] = {}
        it = self.resend
        for each in self.store.resent_messages.failures(it.dag_id, it.source_run_id, but=it.resend):
            if each.receiver.startswith("+"):  # another one was erased
                failed.setdefault(each.tag, {})[digits(each.receiver)] = each.outgoing_id
        if not failed:
            raise EmptyList(
                f"Run {it.source_run_id} has no message left that failed for a temporary reason: none did, or all of "
                "them are resent.",
                action="Nothing was sent. There is nothing to do.",
            )
        digests = {each.tag: each.list_digest for each in self.store.submissions.of_run(it.dag_id, it.source_run_id)}
        batches = {each.digest: each for each in prepared.batches}
        sources = [(batches[digests[tag]], people) for tag, people in failed.items() if digests[tag] in batches]
        if len(sources) < len(failed):
            raise self._forgotten("the list that it has now is another one")
        for batch, _ in sources:
            self._check_untouched(batch)
        self._header = tuple(_header_of(sources[0][0].list_path))
        keys = self._keys({number for _, people in sources for number in people})
        columns = [*self._header, UNTIL, *([KEY] if self._has_keys() else [])]
        yield columns, self._blocks(sources, keys)

    def _blocks(
        self, sources: Sequence[tuple[Batch, Mapping[int, int]]], keys: Mapping[int, str]
    ) -> Iterator[Sequence[Sequence[Any]]]:
        """The rows of the failed messages, some thousand at a time."""
        self._rows_of = {}
        block: list[list[str]] = []
        for batch, people in sources:
            until, found = self._end_of(batch), 0
            with batch.list_path.open(encoding="utf-8", newline="") as file:
                rows = csv.reader(file, delimiter=";")
                next(rows)
                for row in rows:
                    number = digits(row[0])
                    if number not in people:
                        continue
                    found += 1
                    self._rows_of[tuple(row)] = people[number]
                    block.append([*row, until, *([keys.get(number, "")] if self._has_keys() else [])])
                    if len(block) == _BLOCK:
                        yield block
                        block = []
            if found != len(people):
                raise self._forgotten(f"{len(people) - found} of its failed messages are not on its list")
        if block:
            yield block

    def _end_of(self, batch: Batch) -> str:
        """Until when the messages of a batch are of use, as its list says and its campaign."""
        ends = [datetime.fromisoformat(batch.valid_until)] if batch.valid_until else []
        ends += [self.end] if self.end else []
        return min(ends, key=datetime.timestamp).astimezone(UTC).isoformat() if ends else _NO_END

    def _prepared(self) -> PreparedList:
        it = self.resend
        if self.store.resent_messages.purged(it.dag_id, it.source_run_id):
            raise self._forgotten("its messages were removed")
        try:
            return PreparedList.load(inside_data(self._source.folder))
        except ContactsError as error:
            raise self._forgotten("the files of its list are gone or out of reach here") from error

    def _check_untouched(self, batch: Batch) -> None:
        """Refuse a file that was changed since it was sent; only the erasure of a person may have done that."""
        try:
            with batch.list_path.open("rb") as file:
                same = hashlib.file_digest(file, "sha256").hexdigest() == batch.digest
        except OSError as error:
            raise self._forgotten("the files of its list are gone or out of reach here") from error
        if not same and not self.store.personal_data.has_erased():
            raise self._forgotten("its list was changed since")

    def _forgotten(self, why: str) -> ContactsError:
        return ContactsError(
            f"The failed messages of run {self.resend.source_run_id} cannot be sent again as they were: {why}.",
            action=f"{_KEPT} Files and messages go after OVH_SMS_RETENTION_DAYS, and every worker needs the same "
            "OVH_SMS_DATA folder. Start a new run for these people.",
        )

    def _has_keys(self) -> bool:
        return (inside_data(self._source.folder) / KEYS_NAME).is_file()

    def _keys(self, wanted: set[int]) -> dict[int, str]:
        """The keys by which the author of the list knows some receivers."""
        path, found = inside_data(self._source.folder) / KEYS_NAME, dict[int, str]()
        if not path.is_file():
            return found
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file, delimiter=";"):
                if row and digits(row[0]) in wanted:
                    found.setdefault(digits(row[0]), row[1])
        return found


def _header_of(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file, delimiter=";"))
