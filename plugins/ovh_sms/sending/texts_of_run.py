"""The texts that the other batches of a run have for receivers of one batch: one number may get a text from each."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ovh_sms.contacts.prepared_list import PreparedList
from ovh_sms.errors import ConfigurationError, ReceiversMismatch
from ovh_sms.messaging.mail_merge import render
from ovh_sms.object_storage.stored_path import as_path
from ovh_sms.sending.receiver_files import is_unchanged


@dataclass
class TextsOfRun:
    """Reads the run's prepared list when it is asked, each receiver once.

    :param folder: of the run's whole prepared list; empty if it has none.
    :param own: prepared list of the one batch, which is left out.
    :param message: the campaign's message.
    """

    folder: str
    own: str
    message: str
    _known: dict[int, list[str]] = field(default_factory=dict, init=False)

    def of(self, receivers: Collection[int]) -> Mapping[int, Sequence[str]]:
        """Return the texts of some receivers.

        :param receivers: E.164 digits.
        :returns: texts by receiver; none if the list is gone, or was changed.
        """
        unknown = {each for each in receivers if each not in self._known}
        if unknown and self.folder:
            try:
                found = self._read(unknown)
            except (ConfigurationError, ReceiversMismatch, OSError):
                return {}
            self._known.update({each: found.get(each, []) for each in unknown})
        return {each: self._known[each] for each in receivers if self._known.get(each)}

    def _read(self, receivers: Collection[int]) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        wanted = {f"+{each}": each for each in receivers}
        for batch in PreparedList.load(as_path(self.folder)).batches:
            if batch.list_path == as_path(self.own):
                continue
            if not is_unchanged(batch.list_path, batch.digest):
                raise ReceiversMismatch(f"{batch.list_path} was changed.", action="Put the prepared list back.")
            with batch.list_path.open(encoding="utf-8", newline="") as file:
                rows = csv.reader(file, delimiter=";")
                header = next(rows)
                for row in rows:
                    if row[0] in wanted:
                        text = render(self.message, dict(zip(header, row, strict=True)))
                        found.setdefault(wanted[row[0]], []).append(text)
        return found
