"""The typed client: everything a campaign asks of OVH, for one account."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from ovh_sms.api.account import AccountCalls
from ovh_sms.api.credentials import Credentials
from ovh_sms.api.jobs import JobCalls
from ovh_sms.api.orders import OrderCalls
from ovh_sms.api.outgoing import OutgoingCalls
from ovh_sms.api.receivers import ReceiversCalls
from ovh_sms.api.retry import RetryPolicy
from ovh_sms.api.transport import Transport


class OvhSmsClient(AccountCalls, ReceiversCalls, OutgoingCalls, JobCalls, OrderCalls):
    """Everything a campaign asks of OVH, for one SMS account.

    Reads are tried again where OVH is away or overloaded, and paced. A write is one HTTP request, never
    repeated unless OVH refused it because of the time that was signed.
    Making a client asks nothing of anybody. One client serves one task: it is not for several threads.

    :param credentials: who calls, and where.
    :param account: the SMS account, such as ``sms-xx12345-1``.
    :param calls_per_minute: most calls in any 60 seconds, of this client or of all that share a pacing file.
    :param pacing_file: shares that limit with all clients that name the same file; their own where not given.
    :param read_timeout: seconds to wait for each piece of an answer.
    :param retry: how long a read is tried.
    :param sleep: waits a number of seconds.
    """

    def __init__(
        self,
        *,
        credentials: Credentials,
        account: str,
        calls_per_minute: int = 60,
        pacing_file: Path | None = None,
        read_timeout: float = 60.0,
        retry: RetryPolicy | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._account = account
        self._transport = Transport(
            credentials=credentials,
            calls_per_minute=calls_per_minute,
            pacing_file=pacing_file,
            read_timeout=read_timeout,
            policy=retry or RetryPolicy(),
            sleep=sleep,
        )

    @property
    def account_name(self) -> str:
        """The SMS account that this client works on."""
        return self._account

    @property
    def is_sandbox(self) -> bool:
        """Whether nothing sent by this client can reach a phone."""
        return self._transport.credentials.is_sandbox

    def close(self) -> None:
        """Close the connections; they open again where needed."""
        self._transport.close()

    def __enter__(self) -> OvhSmsClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
