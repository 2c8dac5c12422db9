"""A private PostgreSQL server, made and stopped by the tests."""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from ovh_demo.processes import free_port


def server_account() -> dict[str, int | list[int]]:
    """Return how to start a server that refuses to run as root, as PostgreSQL does: as another account."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            account = pwd.getpwnam(name)
            return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    pytest.skip("PostgreSQL does not run as root and there is no other account here")


def _initdb() -> str | None:
    """The newest ``initdb``: Debian's packages do not put it on the path."""
    packaged = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(packaged, key=lambda file: int(file.parts[-3]), default=None)
    return shutil.which("initdb") or (str(newest) if newest else None)


def wait_until_it_answers(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait until a server takes connections at a port of this machine."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise RuntimeError("the private PostgreSQL did not start")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    driver = next((name for name in ("psycopg", "psycopg2") if importlib.util.find_spec(name)), None)
    initdb = _initdb()
    if initdb is None or driver is None:
        pytest.skip("PostgreSQL's initdb and a Python driver (psycopg) are needed: tests/services/install.sh")
    account = server_account()
    # Not pytest's own folder: another account cannot enter that one.
    folder = Path(tempfile.mkdtemp(prefix="ovh_sms_pg_"))
    if account:
        os.chown(folder, account["user"], account["group"])
    run = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **account}
    port = free_port()
    server = None
    try:
        data = folder / "data"
        command = [initdb, "-D", str(data), "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run([*command, "--no-locale"], check=True, **run)
        postgres = Path(initdb).resolve().with_name("postgres")
        options = ["-h", "127.0.0.1", "-p", str(port), "-k", str(folder), "-F"]
        server = subprocess.Popen([str(postgres), "-D", str(data), *options], **run)
        wait_until_it_answers(port, server)
        yield f"postgresql+{driver}://tester@127.0.0.1:{port}"
    finally:
        if server is not None:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


#: The same server outside of a test; raises ``pytest.skip.Exception`` with the reason where there is none.
running_postgresql = contextlib.contextmanager(inspect.unwrap(postgresql_server))


def new_database(server: str) -> str:
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import OperationalError

    name = f"t{uuid.uuid4().hex}"
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    try:
        for wait in (0.2, 0.5, 1, 2, 4, 0):
            try:
                with engine.connect() as connection:
                    connection.execute(text(f"CREATE DATABASE {name}"))
                break
            except OperationalError:  # it listens before it is ready
                if not wait:
                    raise
                time.sleep(wait)
    finally:
        engine.dispose()
    return f"{server}/{name}"
