"""The texts of answers: each with the values that the prepared list of the run holds for the person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ovh_sms.errors import ConfigurationError
from ovh_sms.inbound.sent_lists import receiver_columns
from ovh_sms.messaging.column_names import find_column
from ovh_sms.messaging.mail_merge import placeholders, render
from ovh_sms.messaging.message_check import as_sent, check_length, check_text

if TYPE_CHECKING:
    from ovh_sms.store.inbound_records import InboundMessage
    from ovh_sms.store.store import Store


@dataclass(frozen=True, kw_only=True)
class AnswerText:
    """The text of an answer.

    :param message: may use ``#column#`` of the list that the campaign was sent to.
    :param without_columns: text for people whose row is not known; ``None``: they get no answer.
    :raises ConfigurationError: a text would be read as nobody means it, or is too long.
    """

    message: str
    without_columns: str | None = None

    def __post_init__(self) -> None:
        for text in filter(None, (self.message, self.without_columns)):
            check_text(text)
            check_length(text, stop_clause=False)
        if self.without_columns is not None and placeholders(self.without_columns):
            raise ConfigurationError(
                "'without_columns' uses a column.", action="Nothing was sent. Write it without placeholders."
            )

    def of(self, replies: Sequence[InboundMessage], store: Store) -> dict[int, str]:
        """Write the answers to some replies, by their ids; one whose values are not known has none."""
        wanted: dict[tuple[str, str], set[str]] = {}
        if placeholders(self.message):
            for each in replies:
                if each.dag_id is not None and each.run_id is not None:
                    wanted.setdefault((each.dag_id, each.run_id), set()).add(each.number)
        folders = store.answered.folders(wanted) if wanted else {}
        known = {run: receiver_columns(folders[run], numbers) for run, numbers in wanted.items()}
        texts = {}
        for each in replies:
            values = known.get((each.dag_id or "", each.run_id or ""), {}).get(each.number, {})
            if (text := self._merged(values)) is not None:
                texts[each.inbound_id] = text
        return texts

    def _merged(self, values: Mapping[str, str]) -> str | None:
        columns, message = list(values), as_sent(self.message)
        positions = {name: find_column(name, columns) for name in placeholders(message)}
        if None in positions.values():
            return None if self.without_columns is None else as_sent(self.without_columns)
        return render(message, {name: values[columns[at]] for name, at in positions.items() if at is not None})
