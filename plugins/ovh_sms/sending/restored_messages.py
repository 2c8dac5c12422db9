"""Reads what OVH sent lately into a journal that was restored from a back-up, or lost: nobody gets it again."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ovh_sms.columns import distinct
from ovh_sms.messaging.mail_merge import split_message
from ovh_sms.messaging.tag import is_tag
from ovh_sms.private_files import machine_folder
from ovh_sms.sending.export import read_texts
from ovh_sms.sending.payer import of_deleted_too

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.store.store import Store

#: Receivers are remembered so long.
REMEMBERED = timedelta(days=14)
#: The STOP clause as OVH may write it behind a text.
_STOP = r"(?:\s*STOP\b.{0,30})?"


class SentText(NamedTuple):
    """One message at OVH."""

    tag: str
    receiver: str
    text: str
    created: datetime


@dataclass(frozen=True)
class RestoredMessages:
    """The messages of one account that its journal does not know.

    :param marketing: the messages of marketing campaigns before merging: OVH shows them merged only, and a person gets
        none of them twice, with any merged text.
    :param users: logins of the account that may have sent: OVH may list their messages for them alone.
    """

    client: OvhSmsClient
    store: Store
    marketing: Sequence[str]
    users: Sequence[str] = ()

    def read(self) -> list[SentText]:
        """Read them from OVH; those of other programs on the account too, which cannot be distinguished.

        Source: GET ``/sms/{serviceName}/document`` and ``/jobs``, and the same of each user.
        """
        found = list(self._unknown(self.client))
        for login in self.users:
            # Of a user that OVH has no more, the account's lists are all there is.
            if (client := of_deleted_too(self.client.as_user(login))).user:
                found += self._unknown(client)
        return found

    def record(self, unknown: Iterable[SentText]) -> None:
        """Record messages as sent.

        :param unknown: see :meth:`read`.
        """
        from ovh_sms.contacts.classify.receiver_digests import TRANSACTIONAL, ReceiverDigester

        found = defaultdict[tuple[str, str], list[SentText]](list)
        for each in unknown:
            own = each.tag if is_tag(each.tag) else self._made_up_tag(each, "")
            found[own, TRANSACTIONAL].append(each)
            for key in self._marketing_keys(each.text):
                found[self._made_up_tag(each, key), key].append(each)
        secret = self.store.identity.secret()
        for (tag, key), messages in sorted(found.items()):
            rows = [("number", "text"), *((each.receiver, each.text) for each in messages)]
            self.store.restored_attempts.add(
                tag,
                account=self.client.account_name,
                message_key=key,
                digests=distinct(ReceiverDigester.of_message_key(secret, key).of_rows(rows)),
                at=max(each.created for each in messages),
                # Among those that wait may be some of an attempt that is pending: they stay contested.
                message_ids=[] if messages[0].tag else None,
            )

    def _unknown(self, client: OvhSmsClient) -> Iterator[SentText]:
        """Messages that wait, which carry no tag; then those of tags without a live attempt.

        One that leaves in between is read twice.
        """
        account, now = client.account_name, client.time()
        known = set[int]().union(*self.store.attempts.message_ids_by_tag(account).values())
        for each in client.jobs.iter(sorted(set(client.jobs.pending_ids()) - known)):
            yield SentText("", each.receiver, each.message, each.created)
        with machine_folder() as folder:
            path = folder / "export.csv"
            document = client.outgoing.export(created_from=now - REMEMBERED)
            client.documents.download(document.get_url, path)
            unknown = self.store.restored_attempts.unknown({tag for tag, *_ in read_texts(path)}, account)
            for tag, receiver, text, created in read_texts(path):
                if tag in unknown:
                    yield SentText(tag, receiver, text, created or now)

    def _made_up_tag(self, message: SentText, key: str) -> str:
        named = f"{self.client.account_name} {message.tag} {message.created:%Y-%m-%d %H:%M} {key}"
        return f"ovh {hashlib.sha256(named.encode()).hexdigest()[:12]}"

    def _marketing_keys(self, text: str) -> list[str]:
        from ovh_sms.contacts.classify.receiver_digests import message_key

        return [message_key(each, marketing=True) for each in self.marketing if _pattern(each).fullmatch(text)]


@lru_cache(maxsize=1024)
def _pattern(message: str) -> re.Pattern[str]:
    """The texts that a message may be merged into."""
    texts = [re.escape(each) for each in split_message(message)[::2]]
    return re.compile(".*?".join(texts) + _STOP, re.DOTALL)
