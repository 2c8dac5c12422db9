"""The store: one SQL database that all workers share, with one repository for each of its tables."""

from __future__ import annotations

from ovh_sms.clock import Clock, SystemClock
from ovh_sms.store.alerts import Alerts
from ovh_sms.store.answered import AnsweredQueries
from ovh_sms.store.answers import Answers
from ovh_sms.store.approvals import Approvals
from ovh_sms.store.attempt_receivers import AttemptReceivers
from ovh_sms.store.attempts import Attempts
from ovh_sms.store.audit import Audit
from ovh_sms.store.callback_secrets import CallbackSecrets
from ovh_sms.store.callbacks import Callbacks
from ovh_sms.store.campaign_approvals import CampaignApprovals
from ovh_sms.store.campaign_tests import CampaignTests
from ovh_sms.store.cancelled_runs import CancelledRuns
from ovh_sms.store.credit_checks import CreditChecks
from ovh_sms.store.credit_readings import CreditReadings
from ovh_sms.store.crossings import Crossings
from ovh_sms.store.database import Database
from ovh_sms.store.deposits import Deposits
from ovh_sms.store.ended_runs import EndedRuns
from ovh_sms.store.failures import Failures
from ovh_sms.store.figures import FiguresTable
from ovh_sms.store.held_runs import HeldRuns
from ovh_sms.store.identity import Identity
from ovh_sms.store.inbound import Inbound
from ovh_sms.store.inbound_announcements import InboundAnnouncements
from ovh_sms.store.inbound_pages import InboundPages
from ovh_sms.store.last_runs import LastRuns
from ovh_sms.store.message_pages import MessagePages
from ovh_sms.store.messages import Messages
from ovh_sms.store.notifications import Notifications
from ovh_sms.store.number_checks import NumberChecks
from ovh_sms.store.opt_out_digests import OptOutDigests
from ovh_sms.store.opt_outs import OptOuts
from ovh_sms.store.orders import Orders
from ovh_sms.store.outbox import Outbox
from ovh_sms.store.paced_batches import PacedBatches
from ovh_sms.store.personal_data import PersonalData
from ovh_sms.store.pilots import Pilots
from ovh_sms.store.polls import Polls
from ovh_sms.store.published_lists import PublishedLists
from ovh_sms.store.rebuilt import Rebuilt
from ovh_sms.store.recent_runs import RecentRuns
from ovh_sms.store.report_runs import ReportRuns
from ovh_sms.store.resends import Resends
from ovh_sms.store.resent_messages import ResentMessages
from ovh_sms.store.reservations import Reservations
from ovh_sms.store.restored_attempts import RestoredAttempts
from ovh_sms.store.run_results import RunResultsQueries
from ovh_sms.store.runs import Runs
from ovh_sms.store.spending import SpendingQueries
from ovh_sms.store.submissions import Submissions
from ovh_sms.store.suppressed import Suppressed
from ovh_sms.store.transfers import Transfers
from ovh_sms.store.usage import Usage
from ovh_sms.store.users import Users
from ovh_sms.store.watched_attempts import WatchedAttempts
from ovh_sms.store.withdrawals import Withdrawals


class Store:
    """The journal and the results of all campaigns. Opens nothing until first used; several tasks may use it at once.

    Its tables are made by ``ovh-sms db init``. Every use of tables that are missing or not current raises
    :class:`~ovh_sms.errors.ConfigurationError`.

    :param url: ``sqlite:////path/results.sqlite`` or ``postgresql://user:password@host/name``.
    """

    def __init__(self, url: str, *, clock: Clock | None = None) -> None:
        self.database = Database(url)
        self.clock: Clock = clock or SystemClock()
        self.attempts = Attempts(self.database, self.clock)
        self.attempt_receivers = AttemptReceivers(self.database, self.clock)
        self.deposits = Deposits(self.database, self.clock)
        self.rebuilt = Rebuilt(self.database, self.clock)
        self.restored_attempts = RestoredAttempts(self.database, self.clock)
        self.watched_attempts = WatchedAttempts(self.database, self.clock)
        self.submissions = Submissions(self.database, self.clock)
        self.messages = Messages(self.database, self.clock)
        self.message_pages = MessagePages(self.database, self.clock)
        self.opt_outs = OptOuts(self.database, self.clock)
        self.orders = Orders(self.database, self.clock)
        self.transfers = Transfers(self.database, self.clock)
        self.users = Users(self.database, self.clock)
        self.withdrawals = Withdrawals(self.database, self.clock)
        self.cancelled_runs = CancelledRuns(self.database, self.clock)
        self.published_lists = PublishedLists(self.database, self.clock)
        self.report_runs = ReportRuns(self.database, self.clock)
        self.reservations = Reservations(self.database, self.clock)
        self.resends = Resends(self.database, self.clock)
        self.resent_messages = ResentMessages(self.database, self.clock)
        self.runs = Runs(self.database, self.clock)
        self.polls = Polls(self.database, self.clock)
        self.run_results = RunResultsQueries(self.database, self.clock)
        self.recent_runs = RecentRuns(self.database, self.clock)
        self.spending = SpendingQueries(self.database, self.clock)
        self.figures = FiguresTable(self.database, self.clock)
        self.opt_out_digests = OptOutDigests(self.database, self.clock)
        self.suppressed = Suppressed(self.database, self.clock)
        self.failures = Failures(self.database, self.clock)
        self.held_runs = HeldRuns(self.database, self.clock)
        self.personal_data = PersonalData(self.database, self.clock)
        self.ended_runs = EndedRuns(self.database, self.clock)
        self.audit = Audit(self.database, self.clock)
        self.notifications = Notifications(self.database, self.clock)
        self.credit_checks = CreditChecks(self.database, self.clock)
        self.credit_readings = CreditReadings(self.database, self.clock)
        self.crossings = Crossings(self.database, self.clock)
        self.inbound = Inbound(self.database, self.clock)
        self.inbound_announcements = InboundAnnouncements(self.database, self.clock)
        self.inbound_pages = InboundPages(self.database, self.clock)
        self.answers = Answers(self.database, self.clock)
        self.callbacks = Callbacks(self.database, self.clock)
        self.callback_secrets = CallbackSecrets(self.database, self.clock)
        self.outbox = Outbox(self.database, self.clock)
        self.alerts = Alerts(self.database, self.clock)
        self.answered = AnsweredQueries(self.database, self.clock)
        self.approvals = Approvals(self.database, self.clock)
        self.last_runs = LastRuns(self.database, self.clock)
        self.campaign_approvals = CampaignApprovals(self.database, self.clock)
        self.campaign_tests = CampaignTests(self.database, self.clock)
        self.number_checks = NumberChecks(self.database, self.clock)
        self.paced_batches = PacedBatches(self.database, self.clock)
        self.pilots = Pilots(self.database, self.clock)
        self.usage = Usage(self.database, self.clock)
        self.identity = Identity(self.database, self.clock)

    def close(self) -> None:
        """Close the connections; the next use opens them again."""
        self.database.close()
