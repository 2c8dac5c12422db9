"""Checks right before something is sent, ordered or transferred: nothing was."""

from __future__ import annotations

from ovh_sms.errors.base import OvhSmsError


class PreflightError(OvhSmsError):
    """A check before the submission failed. Nothing was sent."""


class SenderNotEnabled(PreflightError):
    """The sender does not exist, waits for validation or was refused."""


class WrongChannel(PreflightError):
    """The account is not for messages of the campaign's kind."""


class ContentRefused(PreflightError):
    """OVH refuses something that the message or its values hold."""


class InsufficientCredits(PreflightError):
    """The account holds fewer credits than the campaign costs."""


class BudgetExceeded(PreflightError):
    """The campaign or the order costs more than it may."""


class TooManyRejects(PreflightError):
    """The contact list has lost more rows for their faults than the campaign allows. Nothing was sent."""


class LimitExceeded(PreflightError):
    """The run has more people, a higher price, or grew more than the campaign file allows. Nothing was sent."""


class CampaignNotApproved(PreflightError):
    """A person must approve the run, and has not approved this very list and text. Nothing was uploaded or sent."""


class ReceiversMismatch(PreflightError):
    """The receivers slot at OVH does not hold the list of this batch."""


class RequestChanged(PreflightError):
    """An earlier try of this task submitted something else. Nothing is sent again."""


class ScheduleTooOld(PreflightError):
    """The planned time of the run is long past. Nothing was sent."""


class OutsideHours(PreflightError):
    """Messages would leave at an hour that the campaign or the law does not allow. Nothing was sent."""


class DuplicateSubmission(PreflightError):
    """The same message went to the same people a short time ago. Nothing is sent again."""


class RunCancelled(PreflightError):
    """A person cancelled the run. Nothing more is sent for it."""


class RunHeld(PreflightError):
    """A run is held, and no person has decided that its batches are sent. Nothing is claimed or sent."""

    is_retryable = True


class ClaimOutdated(PreflightError):
    """A check right before a claim is outdated. Nothing is claimed; it is to be made again."""

    is_retryable = True


class SubmissionInFlight(PreflightError):
    """Another run of the same campaign is submitting right now. Try again later."""

    is_retryable = True


class NoFreeSlot(PreflightError):
    """All nine receivers slots of the account are in use. Try again later."""

    is_retryable = True


class OpenOrderExists(PreflightError):
    """An order for the account is still open. No second one is made, and OVH's own recredit is not switched on."""


class OrderNotApproved(PreflightError):
    """A person must approve the order, and has not approved this very one. Nothing is ordered."""


class AccountRecredited(PreflightError):
    """OVH buys credits for the account by itself. Nothing is ordered or transferred."""


class PaceReached(ClaimOutdated):
    """As many messages of the run as its pace allows have just left. Nothing is claimed; the batch waits."""


class PilotAwaited(ClaimOutdated):
    """The pilot of the run has not passed. Nothing is claimed; the batch waits."""


class NotMade(PreflightError):
    """A write is not made any more, for a reason that is no failure. The package itself goes on: no person sees it."""


class UsersNotApproved(PreflightError):
    """A person must approve changes of users, and has not approved these. Nothing was changed."""
