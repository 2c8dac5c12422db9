"""PgBouncer between the package and PostgreSQL: each transaction gets whichever server connection is free."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ovh_demo.processes import free_port
from support.postgresql import server_account, wait_until_it_answers

#: Fewer than the clients of a test, so that they take turns on the same server connections.
SERVER_CONNECTIONS = 3
SETTINGS = """\
[databases]
* = host=127.0.0.1 port={server_port} user={user} {password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 200
logfile = {folder}/pgbouncer.log
"""


@contextmanager
def running_pgbouncer(server: str, *, connections: int = SERVER_CONNECTIONS) -> Iterator[str]:
    """Run a PgBouncer with transaction pooling; clients need no password.

    :param server: URL of a PostgreSQL server, without a database; its password is used, if it has one.
    :param connections: to the server, for each database.
    :returns: the URL to use in its place.
    """
    program = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
    if program is None:
        pytest.skip("PgBouncer is needed: tests/services/install.sh")
    to = urlsplit(server)
    account = server_account()  # PgBouncer refuses to run as root, too
    folder = Path(tempfile.mkdtemp(prefix="ovh_sms_pgbouncer_"))
    process = None
    try:
        port = free_port()
        file = folder / "pgbouncer.ini"
        file.write_text(
            SETTINGS.format(
                server_port=to.port,
                user=to.username,
                password=f"password={to.password}" if to.password else "",
                port=port,
                connections=connections,
                folder=folder,
            )
        )
        if account:
            for path in (folder, file):
                shutil.chown(path, account["user"], account["group"])  # type: ignore[arg-type]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen([program, str(file)], cwd=folder, **quiet, **account)
        wait_until_it_answers(port, process)
        yield f"{to.scheme}://{to.username}@127.0.0.1:{port}"
    finally:
        if process is not None:
            process.kill()
            process.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)
