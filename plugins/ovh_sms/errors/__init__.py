"""Every error of this package, in one tree::

    OvhSmsError
    ├── ConfigurationError          the connection or a parameter is wrong
    │   ├── ConnectionMissing       Airflow has no connection of that name
    │   ├── OtherAccount            a connection of one SMS account was given for another one
    │   ├── CampaignFileError       a campaign file is wrong; names the file and the field
    │   │   └── BrokenFiles         some campaign files are wrong; names all of them
    │   ├── ContactsError           a contact list cannot be used; names the file and the place
    │   │   └── EmptyList           a contact list has a header and no row
    │   └── KeyReused               a key of the outbox stands for another SMS already
    ├── PreflightError              a check before the submission failed
    │   ├── SenderNotEnabled        the sender does not exist, waits for validation or was refused
    │   ├── WrongChannel            the account is not for messages of the campaign's kind
    │   ├── ContentRefused          OVH refuses something that the message or its values hold
    │   ├── InsufficientCredits     the account holds fewer credits than the campaign costs
    │   ├── BudgetExceeded          the campaign or the order costs more than it may
    │   ├── TooManyRejects          the contact list has lost more rows than the campaign allows
    │   ├── LimitExceeded           the run has more people, a higher price or more growth than the campaign allows
    │   ├── CampaignNotApproved     a person must approve the run, and has not approved this very list and text
    │   ├── ReceiversMismatch       the receivers slot at OVH does not hold the list of this batch
    │   ├── RequestChanged          an earlier try of this task submitted something else
    │   ├── ScheduleTooOld          the planned time of the run is long past
    │   ├── OutsideHours            messages would leave at an hour that is not allowed
    │   ├── DuplicateSubmission     the same message went to the same list a short time ago
    │   ├── RunCancelled            a person cancelled the run
    │   ├── RunHeld                 a person must decide about STOPs before more is sent (retryable)
    │   ├── ClaimOutdated           somebody opted out right before the submission (retryable)
    │   │   ├── PilotAwaited        the pilot of the run has not passed (retryable)
    │   │   └── PaceReached         as many messages of the run as its pace allows have just left (retryable)
    │   ├── SubmissionInFlight      another run of the campaign is submitting right now (retryable)
    │   ├── NoFreeSlot              all nine receivers slots of the account are in use (retryable)
    │   ├── OpenOrderExists         an order for the account is still open
    │   ├── OrderNotApproved        a person must approve the order, and has not approved this very one
    │   ├── UsersNotApproved        a person must approve changes of users, and has not approved these
    │   ├── AccountRecredited       OVH buys credits for the account by itself
    │   └── NotMade                 a write is of no use any more; caught within the package, as are its kinds
    ├── OrderNotDelivered           an order was cancelled, or its credits did not come in time
    ├── UnreadableReplies           OVH does not show some replies as it should; the others are stored
    ├── SourceUnavailable           the source of a contact list gave no complete answer (retryable)
    ├── StoreUnavailable            the results database cannot be reached (retryable)
    ├── FilesUnavailable            the object storage of lists and reports gave no complete answer (retryable)
    ├── DeadlineMissed              a write was not ready before its deadline (retryable)
    ├── JournalUnavailable          the journal is missing, or is not the one that the other workers use
    ├── WrongReceivers              OVH sent to people who are not on the list (executed)
    ├── SentMoreThanOnce            OVH made more messages than its answer accounts for (executed)
    ├── AccountingError             rows in ≠ accepted + rejected: a defect of this package
    └── ApiError                    OVH answered with an error, or gave no answer; carries status, code and query id
        ├── AuthenticationError     the keys are wrong or expired
        ├── MissingRight            the keys lack one right; names it
        ├── RequestRefused          OVH refused the request
        │   ├── OutOfCredits        the account holds too few credits for the request (HTTP 402)
        │   ├── NotFound            the account, slot, document or message does not exist
        │   └── AccountExpired      the SMS account has expired (HTTP 460)
        ├── Unavailable             OVH cannot be reached, is overloaded, or refused a write's time (retryable)
        │   └── RateLimited         too many calls; carries ``retry_after`` in seconds if OVH sent it
        └── OutcomeUnknown          a write may have been executed; the next try reconciles it (retryable)
            └── ResolutionRequired  nobody but a person can decide whether the write was executed

The class says what happened. ``is_retryable`` says whether the same task may succeed later without a change.
``was_executed`` says whether OVH executed the write; ``None`` if that is unknown. No code decides by a text.
"""

from __future__ import annotations

from ovh_sms.errors.api import (
    AccountExpired,
    ApiError,
    AuthenticationError,
    MissingRight,
    NotFound,
    OutcomeUnknown,
    OutOfCredits,
    RateLimited,
    RequestRefused,
    ResolutionRequired,
    Unavailable,
)
from ovh_sms.errors.base import OvhSmsError
from ovh_sms.errors.configuration import (
    BrokenFiles,
    CampaignFileError,
    ConfigurationError,
    ConnectionMissing,
    ContactsError,
    EmptyList,
    KeyReused,
    OtherAccount,
)
from ovh_sms.errors.preflight import (
    AccountRecredited,
    BudgetExceeded,
    CampaignNotApproved,
    ClaimOutdated,
    ContentRefused,
    DuplicateSubmission,
    InsufficientCredits,
    LimitExceeded,
    NoFreeSlot,
    NotMade,
    OpenOrderExists,
    OrderNotApproved,
    OutsideHours,
    PaceReached,
    PilotAwaited,
    PreflightError,
    ReceiversMismatch,
    RequestChanged,
    RunCancelled,
    RunHeld,
    ScheduleTooOld,
    SenderNotEnabled,
    SubmissionInFlight,
    TooManyRejects,
    UsersNotApproved,
    WrongChannel,
)
from ovh_sms.errors.results import (
    AccountingError,
    DeadlineMissed,
    FilesUnavailable,
    JournalUnavailable,
    OrderNotDelivered,
    SentMoreThanOnce,
    SourceUnavailable,
    StoreUnavailable,
    UnreadableReplies,
    WrongReceivers,
)

__all__ = [
    "AccountExpired",
    "AccountRecredited",
    "AccountingError",
    "ApiError",
    "AuthenticationError",
    "BrokenFiles",
    "BudgetExceeded",
    "CampaignFileError",
    "CampaignNotApproved",
    "ClaimOutdated",
    "ConfigurationError",
    "ConnectionMissing",
    "ContactsError",
    "ContentRefused",
    "DeadlineMissed",
    "DuplicateSubmission",
    "EmptyList",
    "FilesUnavailable",
    "InsufficientCredits",
    "JournalUnavailable",
    "KeyReused",
    "LimitExceeded",
    "MissingRight",
    "NoFreeSlot",
    "NotFound",
    "NotMade",
    "OpenOrderExists",
    "OrderNotApproved",
    "OrderNotDelivered",
    "OtherAccount",
    "OutOfCredits",
    "OutcomeUnknown",
    "OutsideHours",
    "OvhSmsError",
    "PaceReached",
    "PilotAwaited",
    "PreflightError",
    "RateLimited",
    "ReceiversMismatch",
    "RequestChanged",
    "RequestRefused",
    "ResolutionRequired",
    "RunCancelled",
    "RunHeld",
    "ScheduleTooOld",
    "SenderNotEnabled",
    "SentMoreThanOnce",
    "SourceUnavailable",
    "StoreUnavailable",
    "SubmissionInFlight",
    "TooManyRejects",
    "Unavailable",
    "UnreadableReplies",
    "UsersNotApproved",
    "WrongChannel",
    "WrongReceivers",
]
