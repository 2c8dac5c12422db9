"""The typed client of OVH's SMS API, for one account: ``client.jobs.submit(…)``, ``client.outgoing.iter(…)``."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from datetime import datetime, timedelta
from types import TracebackType

from ovh_sms.api.account import AccountClient
from ovh_sms.api.blacklists import BlacklistsClient
from ovh_sms.api.call_rate import CallLimits
from ovh_sms.api.callbacks import CallbacksClient
from ovh_sms.api.calls import AccountCalls
from ovh_sms.api.credentials import Credentials
from ovh_sms.api.documents import DocumentsClient
from ovh_sms.api.incoming import IncomingClient
from ovh_sms.api.jobs import JobsClient
from ovh_sms.api.number_checks import NumberChecksClient
from ovh_sms.api.orders import OrdersClient
from ovh_sms.api.outgoing import OutgoingClient
from ovh_sms.api.ovh_batches import OvhBatchesClient
from ovh_sms.api.payments import PaymentsClient
from ovh_sms.api.rates import RatesClient
from ovh_sms.api.receivers import ReceiversClient
from ovh_sms.api.retry import RetryPolicy
from ovh_sms.api.senders import SendersClient
from ovh_sms.api.transfers import TransfersClient
from ovh_sms.api.transport import Transport
from ovh_sms.api.turn_queue import CallClass
from ovh_sms.api.turns import SharedQueue, Turns
from ovh_sms.api.user_calls import UserCalls, UserOutgoingClient
from ovh_sms.api.users import UsersClient
from ovh_sms.clock import Clock, SystemClock


class OvhSmsClient:
    """Everything that a campaign asks of OVH, for one SMS account.

    Each attribute holds the calls of the file of its name: ``account``, ``senders``, ``blacklists``, ``receivers``,
    ``documents``, ``jobs``, ``ovh_batches``, ``outgoing``, ``incoming``, ``orders``, ``payments``, ``transfers``,
    ``rates``, ``callbacks``, ``users``, ``number_checks``. Each call waits for its turn. Reads are repeated if OVH is
    unavailable. A write is one HTTP request, never repeated unless OVH refused it because of the signed time.
    Making a client calls nothing. One client serves one task: it is not for several threads.

    :param account: the SMS account, such as ``sms-xx12345-1``.
    :param user: login of the account's user who sends: ``jobs``, ``outgoing`` and ``receivers`` are the user's, all
        else is the account's. By default the account itself sends.
    :param calls_per_minute: most calls in any 60 seconds to start with, of all clients that share ``turns``.
    :param most_calls_per_minute: the number that it may rise to while OVH answers; by default it does not rise.
    :param turns: the queue of all calls of the key; by default this client's own.
    :param call_class: the purpose of this client's calls, by which they get their turn.
    :param on_turn: called with the seconds that each call has waited for its turn.
    :param read_timeout: seconds to wait for each block of an answer.
    """

    def __init__(
        self,
        *,
        credentials: Credentials,
        account: str,
        user: str = "",
        calls_per_minute: int = 60,
        most_calls_per_minute: int | None = None,
        turns: SharedQueue | None = None,
        call_class: CallClass = CallClass.WRITE,
        on_turn: Callable[[float], object] | None = None,
        read_timeout: float = 60.0,
        retry: RetryPolicy | None = None,
        clock: Clock | None = None,
    ) -> None:
        clock = clock or SystemClock()
        limits = CallLimits(calls_per_minute, most_calls_per_minute or calls_per_minute)
        self._transport = Transport(
            credentials=credentials,
            turns=Turns(limits, clock=clock, call_class=call_class, shared=turns, on_turn=on_turn),
            read_timeout=read_timeout,
            policy=retry or RetryPolicy(),
            clock=clock,
        )
        self._calls = calls = AccountCalls(self._transport, account)
        self.account_name = account
        self._read_by_account(calls)
        self._send_as(user)

    def as_user(self, login: str) -> OvhSmsClient:
        """Return a client of the same account that sends as a user, or as the account itself if the login is empty.

        It shares the connections and the turns of this client, and counts its calls.
        """
        if login == self.user:
            return self
        other = copy(self)
        other._send_as(login)
        return other

    def _send_as(self, login: str) -> None:
        """Set the attributes that send and list what was sent."""
        self.user = login
        calls = UserCalls(self._calls, login) if login else self._calls
        self.receivers = ReceiversClient(calls)
        self.jobs = JobsClient(calls)
        self.outgoing = (UserOutgoingClient if login else OutgoingClient)(calls, self.documents)

    def _read_by_account(self, calls: AccountCalls) -> None:
        """Set the attributes that are the account's for every user."""
        self.account = AccountClient(calls)
        self.senders = SendersClient(calls)
        self.blacklists = BlacklistsClient(calls)
        self.documents = DocumentsClient(calls)
        self.ovh_batches = OvhBatchesClient(calls)
        self.incoming = IncomingClient(calls)
        self.callbacks = CallbacksClient(calls)
        self.orders = OrdersClient(calls)
        self.rates = RatesClient(calls)
        self.payments = PaymentsClient(calls)
        self.transfers = TransfersClient(calls)
        self.number_checks = NumberChecksClient(calls)
        self.users = UsersClient(calls)

    @property
    def calls_made(self) -> int:
        """Calls of this client so far, each counted once, however often it was repeated."""
        return self._calls.made

    @property
    def is_sandbox(self) -> bool:
        """Whether nothing sent by this client can reach a phone."""
        return self._transport.credentials.is_sandbox

    def time(self) -> datetime:
        """Return OVH's time, by which it dates messages and orders: some seconds early at most, and never late.
        Source: GET ``/auth/time``, without keys; called once, and again if this machine's clock was set or it slept.

        It does not depend on this machine's wall clock, with OAuth2 neither.
        """
        return self._transport.time()

    def wait_for_next_second(self) -> datetime:
        """Wait until OVH's clock certainly shows another second than now; return that second."""
        second = self.time().replace(microsecond=0) + timedelta(seconds=1)
        while (left := (second - self.time()).total_seconds()) > 0:
            self._transport.clock.sleep(left)
        return second

    def read_time(self) -> datetime:
        """Ask OVH for its time now, in whole seconds. Source: GET ``/auth/time``, without keys."""
        return self._transport.read_time()

    def close(self) -> None:
        """Close the connections; they open again if they are needed."""
        self._transport.close()

    def __enter__(self) -> OvhSmsClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
