"""All state in one SQLite file: many readers, one writer. A restart loses nothing."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE applications (app_key TEXT PRIMARY KEY, secret TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE credentials (
  id INTEGER PRIMARY KEY, consumer TEXT UNIQUE NOT NULL, app_key TEXT NOT NULL, rules TEXT NOT NULL,
  created REAL NOT NULL, expires REAL, last_use REAL);
CREATE TABLE oauth_clients (client_id TEXT PRIMARY KEY, secret TEXT NOT NULL, rules TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE tokens (token TEXT PRIMARY KEY, client_id TEXT NOT NULL, expires REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE accounts (
  name TEXT PRIMARY KEY, credits REAL NOT NULL, hold REAL NOT NULL DEFAULT 0, expired INTEGER NOT NULL DEFAULT 0,
  settings TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE senders (
  account TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL, description TEXT NOT NULL, comment TEXT,
  PRIMARY KEY (account, name)) WITHOUT ROWID;
-- One row per POST /jobs; its messages are the ids first..last.
CREATE TABLE jobs (
  id INTEGER PRIMARY KEY, account TEXT NOT NULL, tag TEXT NOT NULL, sender TEXT NOT NULL, message TEXT NOT NULL,
  created INTEGER NOT NULL, delay INTEGER NOT NULL, slot INTEGER, first INTEGER NOT NULL, last INTEGER NOT NULL,
  last_sent INTEGER NOT NULL, credits REAL NOT NULL);
CREATE INDEX jobs_account ON jobs (account, tag);
-- One row per SMS. Its fate is fixed at once; the part that is shown depends on the simulated time.
CREATE TABLE messages (
  id INTEGER PRIMARY KEY, job INTEGER NOT NULL, receiver TEXT NOT NULL, message TEXT, length INTEGER NOT NULL,
  parts INTEGER NOT NULL, credits REAL NOT NULL, stop_clause INTEGER NOT NULL, sent_at INTEGER NOT NULL,
  final_at INTEGER NOT NULL, dlr INTEGER NOT NULL, ptt INTEGER NOT NULL, operator TEXT NOT NULL,
  stop_at INTEGER, cancelled INTEGER, hidden INTEGER);
CREATE INDEX messages_stops ON messages (receiver, stop_at) WHERE stop_at IS NOT NULL;
CREATE INDEX messages_free ON messages (job, final_at) WHERE dlr = 16;
CREATE INDEX messages_cancelled ON messages (job) WHERE cancelled IS NOT NULL;
CREATE TABLE blacklist (
  account TEXT NOT NULL, number TEXT NOT NULL, created INTEGER NOT NULL, PRIMARY KEY (account, number)) WITHOUT ROWID;
CREATE TABLE forgiven (
  account TEXT NOT NULL, number TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (account, number)) WITHOUT ROWID;
CREATE TABLE documents (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, tags TEXT NOT NULL, created REAL NOT NULL, expires REAL, validated REAL,
  size INTEGER NOT NULL DEFAULT 0, secret TEXT NOT NULL, export TEXT, ready_real REAL) WITHOUT ROWID;
CREATE TABLE slots (
  account TEXT NOT NULL, slot INTEGER NOT NULL, description TEXT NOT NULL, auto_update INTEGER NOT NULL, csv_url TEXT,
  created REAL NOT NULL, records INTEGER NOT NULL, file TEXT NOT NULL, PRIMARY KEY (account, slot)) WITHOUT ROWID;
CREATE TABLE tasks (
  id INTEGER PRIMARY KEY, account TEXT NOT NULL, slot INTEGER NOT NULL, premium INTEGER NOT NULL,
  status TEXT NOT NULL, step TEXT NOT NULL);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, account TEXT NOT NULL, quantity INTEGER NOT NULL, price INTEGER NOT NULL,
  created INTEGER NOT NULL, status TEXT NOT NULL, credited INTEGER NOT NULL DEFAULT 0);
"""
# Made in older files too, when they are opened.
ADDED = """
-- The list of a job: the receivers of the call, a slot's or a document's. ``listed`` is the machine's moment,
-- seconds since 1970, until which OVH lists none of its messages; null when it lists them at once.
CREATE TABLE IF NOT EXISTS lists (
  job INTEGER PRIMARY KEY, source TEXT NOT NULL, slot INTEGER, description TEXT, records INTEGER NOT NULL,
  digest TEXT NOT NULL, listed REAL);
CREATE TABLE IF NOT EXISTS faults (
  id INTEGER PRIMARY KEY, spec TEXT NOT NULL, skip INTEGER NOT NULL, remaining INTEGER, seen INTEGER NOT NULL,
  fired INTEGER NOT NULL);
-- Consumer keys that an application has asked for, and no person has validated yet.
CREATE TABLE IF NOT EXISTS asked_keys (consumer TEXT PRIMARY KEY, token TEXT UNIQUE NOT NULL) WITHOUT ROWID;
-- The machine's moment, seconds since 1970, until which OVH does not show an order.
CREATE TABLE IF NOT EXISTS late_orders (id INTEGER PRIMARY KEY, listed REAL NOT NULL);
CREATE TABLE IF NOT EXISTS fired (kind TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
-- Credits that an account had at first, and those that the control side has added to them since, or taken.
CREATE TABLE IF NOT EXISTS given (
  account TEXT PRIMARY KEY, start REAL NOT NULL, adjusted REAL NOT NULL DEFAULT 0) WITHOUT ROWID;
-- What an order was made under: its discount, its end if nobody pays; whether OVH made it by itself.
CREATE TABLE IF NOT EXISTS terms (
  order_id INTEGER PRIMARY KEY, percent INTEGER NOT NULL, expires REAL NOT NULL, recredit INTEGER NOT NULL,
  delivered REAL);
-- Simulated moments at which a paid order takes its next status.
CREATE TABLE IF NOT EXISTS due (
  id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, status TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS payment_methods (
  id INTEGER PRIMARY KEY, payment_type TEXT NOT NULL, status TEXT NOT NULL, is_default INTEGER NOT NULL,
  pays TEXT NOT NULL, listed INTEGER NOT NULL, created REAL NOT NULL);
-- Every call to pay, and every payment by a person or by OVH's own recredit. ``returned`` is one that the bank took
-- back. ``shown`` is the machine's moment until which OVH shows the order as unpaid; null if it shows it at once.
CREATE TABLE IF NOT EXISTS payments (
  id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, payer TEXT NOT NULL, method INTEGER, at REAL NOT NULL,
  accepted INTEGER NOT NULL, second INTEGER NOT NULL, returned INTEGER NOT NULL DEFAULT 0, shown REAL);
CREATE INDEX IF NOT EXISTS payments_order ON payments (order_id);
-- ``shown`` is the machine's moment until which no balance shows a transfer.
CREATE TABLE IF NOT EXISTS transfers (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, target TEXT NOT NULL, credits REAL NOT NULL, at REAL NOT NULL,
  shown REAL);
-- One row per reply, made before it arrives. ``to_clause`` is a STOP to the number of the STOP clause, which OVH does
-- not list; ``ids`` says how its id lies to earlier ones. From its arrival on, ``incoming`` is its id, ``credits`` are
-- those that it took, ``shown`` is the machine's moment until which OVH does not list it.
CREATE TABLE IF NOT EXISTS replies (
  id INTEGER PRIMARY KEY, account TEXT NOT NULL, number TEXT NOT NULL, text TEXT NOT NULL, tag TEXT NOT NULL,
  message INTEGER, at INTEGER NOT NULL, stop INTEGER NOT NULL, to_clause INTEGER NOT NULL, credits REAL NOT NULL,
  ids TEXT, arrived INTEGER NOT NULL DEFAULT 0, incoming INTEGER UNIQUE, shown REAL, hidden INTEGER);
CREATE INDEX IF NOT EXISTS replies_due ON replies (at) WHERE arrived = 0;
CREATE INDEX IF NOT EXISTS replies_account ON replies (account, at);
-- One row per OVH batch; its messages are those of its job, null if it has none. ``deferred`` is null if it leaves
-- at once.
CREATE TABLE IF NOT EXISTS ovh_batches (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, job INTEGER, name TEXT NOT NULL, message TEXT NOT NULL,
  sender TEXT NOT NULL, slot TEXT, receivers TEXT, records INTEGER NOT NULL, errors TEXT NOT NULL,
  created REAL NOT NULL, deferred REAL, cancelled REAL, hidden INTEGER);
CREATE INDEX IF NOT EXISTS ovh_batches_job ON ovh_batches (job);
CREATE TABLE IF NOT EXISTS users (
  account TEXT NOT NULL, login TEXT NOT NULL, settings TEXT NOT NULL, PRIMARY KEY (account, login)) WITHOUT ROWID;
-- What a sender is, the code that was sent to a number, the simulated moment at which it is disabled, the machine's
-- moment until which OVH does not show it, and how often it was requested.
CREATE TABLE IF NOT EXISTS sender_lives (
  account TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, code TEXT, expires REAL, shown REAL,
  requests INTEGER NOT NULL, PRIMARY KEY (account, name)) WITHOUT ROWID;
-- Checks of numbers, with what each ends with; ``shown`` as of a sender.
CREATE TABLE IF NOT EXISTS number_checks (
  id INTEGER PRIMARY KEY, account TEXT NOT NULL, number TEXT NOT NULL, created REAL NOT NULL, ends TEXT NOT NULL,
  shown REAL);
CREATE INDEX IF NOT EXISTS number_checks_account ON number_checks (account);
-- The jobs of users, and whether the user's quota paid for them. A deleted user's jobs stay.
CREATE TABLE IF NOT EXISTS user_jobs (
  job INTEGER PRIMARY KEY, account TEXT NOT NULL, login TEXT NOT NULL, quota INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS user_jobs_login ON user_jobs (account, login);
-- Credits that quotas have taken out of accounts, fewer than none if they returned. Alerts that OVH sends.
CREATE TABLE IF NOT EXISTS quota_moves (
  id INTEGER PRIMARY KEY, account TEXT NOT NULL, login TEXT NOT NULL, credits REAL NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS user_alerts (
  id INTEGER PRIMARY KEY, account TEXT NOT NULL, login TEXT NOT NULL, at REAL NOT NULL, threshold REAL NOT NULL,
  left REAL NOT NULL, support TEXT NOT NULL);
-- Accounts with an address to call, since the simulated moment ``started``; all until ``until`` is noted.
CREATE TABLE IF NOT EXISTS callback_accounts (
  account TEXT PRIMARY KEY, started REAL NOT NULL, until REAL NOT NULL) WITHOUT ROWID;
-- One row per call to make. ``ref`` is the row of the message or the reply, ``due`` the machine's moment of the next
-- try, ``calls`` counts all of them, ``status`` is that of the last answer.
CREATE TABLE IF NOT EXISTS callbacks (
  id INTEGER PRIMARY KEY, account TEXT NOT NULL, kind TEXT NOT NULL, ref INTEGER NOT NULL, method TEXT NOT NULL,
  url TEXT NOT NULL, form TEXT NOT NULL, fate TEXT, due REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
  calls INTEGER NOT NULL DEFAULT 0, status INTEGER, over INTEGER NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS callbacks_ref ON callbacks (kind, ref);
CREATE INDEX IF NOT EXISTS callbacks_due ON callbacks (due) WHERE over = 0;
"""


class State:
    """The SQLite file, made if absent, and the folder of stored files beside it.

    :param machine: the machine's moment, for the function of that name in queries.
    """

    def __init__(self, file: Path, machine: Callable[[], float]) -> None:
        self.file = file
        self._machine = machine
        self.files = file.with_name(file.name + ".files")
        self._writer = threading.RLock()
        self._local = threading.local()
        file.parent.mkdir(parents=True, exist_ok=True)
        self.files.mkdir(exist_ok=True)
        with closing(self.connect()) as db:
            self.fresh = not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone()
            if self.fresh:
                db.executescript(TABLES)
            db.executescript(ADDED)

    def connect(self) -> sqlite3.Connection:
        """Open a connection; the caller closes it."""
        db = sqlite3.connect(self.file, isolation_level=None, check_same_thread=False, timeout=30)
        db.row_factory = sqlite3.Row
        db.create_function("machine", 0, self._machine)
        # Every answer is on the disk before it leaves: no killed process and no power cut loses it.
        db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32000;")
        return db

    @property
    def db(self) -> sqlite3.Connection:
        """The connection of the calling thread, for reading."""
        held: sqlite3.Connection | None = getattr(self._local, "db", None)
        if held is None:
            held = self._local.db = self.connect()
        return held

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction, or join that of the thread; one writer at a time."""
        with self._writer:
            db = self.db
            if db.in_transaction:
                yield db
                return
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    def rows(self, sql: str, *values: Any, **named: Any) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        return self.db.execute(sql, named or values).fetchall()

    def row(self, sql: str, *values: Any, **named: Any) -> sqlite3.Row | None:
        """Return the first row of a query, or None."""
        found: sqlite3.Row | None = self.db.execute(sql, named or values).fetchone()
        return found

    def change(self, sql: str, *values: Any) -> int:
        """Run one statement in a transaction; returns the number of changed rows."""
        with self.write() as db:
            return db.execute(sql, values).rowcount

    def get(self, key: str) -> Any:
        """Return a stored setting, or None."""
        found = self.row("SELECT value FROM meta WHERE key = ?", key)
        return None if found is None else json.loads(found["value"])

    def put(self, key: str, value: Any) -> None:
        """Store a setting."""
        self.change("INSERT OR REPLACE INTO meta VALUES (?, ?)", key, json.dumps(value))

    def wipe(self) -> None:
        """Delete all rows and files."""
        with self.write() as db:
            for table in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                db.execute(f"DELETE FROM {table['name']}")
        for stored in self.files.iterdir():
            stored.unlink(missing_ok=True)
