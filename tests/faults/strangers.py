"""Other users of the account, who take every free receivers slot and free some later."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ovh_sms.api.receivers import SLOTS
from ovh_sms.errors import NotFound
from ovh_sms.operators.base import OvhSmsOperator

_NAME = "a stranger's list"


class StrangersOperator(OvhSmsOperator):
    """Take every free receivers slot, or free some.

    :param path: a list in OVH's form; none if slots are freed.
    :param leave: how many are freed.
    :param replace: take this slot alone, with any list in it.
    """

    def __init__(self, *, path: str | None = None, leave: int = 0, replace: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.path = path
        self.leave = leave
        self.replace = replace

    def execute(self, context: Any) -> int:
        client = self.hook.client
        if self.path is None:
            strange = [number for number in client.receivers.ids() if self._is_strange(number)]
            for number in strange[: self.leave]:
                client.receivers.delete(number)
            return self.leave
        document = client.documents.create("strange.csv")
        client.documents.upload(document.put_url, Path(self.path))
        if self.replace is not None:
            client.receivers.delete(self.replace)
        free = [self.replace] if self.replace is not None else sorted(set(SLOTS) - set(client.receivers.ids()))
        for number in free:
            client.receivers.create(number, description=_NAME, document_id=document.id)
        return len(free)

    def _is_strange(self, number: int) -> bool:
        try:
            return bool(self.hook.client.receivers.get(number).description == _NAME)
        except NotFound:
            return False
