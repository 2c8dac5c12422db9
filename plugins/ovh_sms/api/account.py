"""The account itself: what is left on it, its senders, its STOPs, what the keys may do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from ovh_sms.api.answers import Answer, Fields
from ovh_sms.api.batch import BatchReader
from ovh_sms.api.models import Account, BlacklistEntry, Rights, Sender
from ovh_sms.api.part import ClientPart, words
from ovh_sms.api.rights import CAMPAIGN_TASKS, is_granted, needed_rules


class AccountCalls(ClientPart):
    """Calls about the account."""

    def whoami(self) -> Rights:
        """Say what the consumer key in use may do, and for how long.

        With OAuth2 there is no consumer key, and OVH refuses the question.

        :raises ovh_sms.errors.ApiError: where OVH does not tell.

        Source: GET ``/auth/currentCredential``.
        """
        return self._transport.request(self._call("GET", "/auth/currentCredential"), _rights)

    def missing_rights(self, tasks: Iterable[str] = CAMPAIGN_TASKS) -> list[str]:
        """List the access rules that the consumer key lacks for some tasks.

        :param tasks: names of :data:`ovh_sms.api.rights.RIGHTS`; by default all that a campaign needs.
        :returns: rules such as ``POST /sms/sms-xx-1/jobs``; empty when nothing is missing.

        Source: GET ``/auth/currentCredential``.
        """
        rules = self.whoami().rules
        return [needed for needed in needed_rules(tasks, self._account) if not is_granted(needed, rules)]

    def accounts(self) -> list[str]:
        """List the SMS accounts that these keys see.

        Source: GET ``/sms``.
        """
        return self._transport.request(self._call("GET", "/sms"), Answer.texts)

    def account(self) -> Account:
        """Read the account: its status and the credits left.

        :raises ovh_sms.errors.AccountExpired: for an account that must be renewed first.

        Source: GET ``/sms/{serviceName}``.
        """
        return self._transport.request(self._call("GET", "/sms/{account}"), _account)

    def time(self) -> datetime:
        """Tell OVH's time, by which it dates what it makes: at most some seconds early, and never late.

        This machine's own time plays no part, with OAuth2 neither.

        Source: GET ``/auth/time``, which needs no keys; asked once per client, and again when this machine's clock
        was set or it slept.
        """
        return self._transport.time()

    def senders(self) -> list[str]:
        """List the sender names of the account, whatever their status.

        Source: GET ``/sms/{serviceName}/senders``.
        """
        return self._transport.request(self._call("GET", "/sms/{account}/senders"), Answer.texts)

    def sender(self, name: str) -> Sender:
        """Read one sender: a campaign may use it once it is enabled.

        :param name: the sender's name; blanks are allowed.
        :raises ovh_sms.errors.NotFound: where the account has no such sender.

        Source: GET ``/sms/{serviceName}/senders/{sender}``.
        """
        return self._transport.request(
            self._call("GET", "/sms/{account}/senders/{sender}", sender=name), _sender
        )

    def blacklist(self) -> list[str]:
        """List the numbers of everybody who answered STOP.

        :returns: numbers as OVH writes them, E.164.

        Source: GET ``/sms/{serviceName}/blacklists``.
        """
        return self._transport.request(self._call("GET", "/sms/{account}/blacklists"), Answer.texts)

    def blacklist_entry(self, number: str) -> BlacklistEntry:
        """Read when somebody answered STOP, and to which message.

        :param number: the number as the list shows it.
        :raises ovh_sms.errors.NotFound: where this number is not on the list.

        Source: GET ``/sms/{serviceName}/blacklists/{number}``.
        """
        call = self._call("GET", "/sms/{account}/blacklists/{number}", number=number)
        return self._transport.request(call, lambda answer: _stop(answer.fields()))

    def blacklist_many(self, numbers: Sequence[str]) -> Iterator[BlacklistEntry]:
        """Read several STOPs, many in one call where OVH allows it.

        :param numbers: numbers as the list shows them.

        Source: GET ``/sms/{serviceName}/blacklists/{number}`` with ``X-Ovh-Batch``.
        """
        reader = BatchReader(
            self._transport, self._call, "/sms/{account}/blacklists/{number}", "number", _stop
        )
        return reader.read(numbers)


def _rights(answer: Answer) -> Rights:
    fields = answer.fields()
    return Rights(
        rules=tuple((rule.text("method"), rule.text("path")) for rule in fields.objects("rules")),
        status=fields.text("status"),
        expires=fields.optional_moment("expiration"),
    )


def _account(answer: Answer) -> Account:
    fields = answer.fields()
    return Account(
        name=fields.text("name"),
        description=fields.optional_text("description"),
        status=words(fields.text("status")),
        credits_left=fields.number("creditsLeft"),
        credits_held=fields.optional_number("creditsHoldByQuota") or 0.0,
    )


def _sender(answer: Answer) -> Sender:
    fields = answer.fields()
    return Sender(
        name=fields.text("sender"),
        status=words(fields.text("status")),
        comment=fields.optional_text("comment"),
    )


def _stop(fields: Fields) -> BlacklistEntry:
    return BlacklistEntry(
        number=fields.text("number"),
        created=fields.moment("dateCreation"),
        outgoing_id=fields.optional_integer("smsOutgoingID"),
    )
