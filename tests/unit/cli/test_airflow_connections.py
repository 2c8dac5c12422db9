"""Connections and Variables in Airflow's own database, on a real one."""

from __future__ import annotations

import json
from pathlib import Path

from support.airflow_task import connection
from support.cli import process
from support.sandbox import SandboxProcess
from support.sent import campaign

TAG = "c7nefpy24byvmi7czq6w"


#: Makes Airflow's database and stores connections in it.
_SETUP = """
import json, sys
from airflow.utils.db import initdb
initdb()
from airflow.models import Connection
from airflow.utils.session import create_session
with create_session() as session:
    for name, value in json.loads(sys.argv[1]).items():
        session.add(Connection.from_json(value, conn_id=name))
"""
#: Runs several commands in one process, as each takes seconds to import Airflow.
_COMMANDS = """
import json, sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from ovh_sms.cli import main
ended = []
for arguments in json.loads(sys.argv[1]):
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        code = main(arguments)
    ended.append([code, out.getvalue(), err.getvalue()])
print(json.dumps(ended))
"""


def test_connections_and_the_name_of_the_results_are_in_airflows_database(
    tmp_path: Path, world: SandboxProcess
) -> None:
    campaign(tmp_path)
    results = json.dumps({"conn_type": "sqlite", "host": str(tmp_path / "shared.sqlite")})
    home = {"AIRFLOW_HOME": str(tmp_path / "airflow")}
    connections = {"ovh_sms_default": connection(world), "ovh_sms_results": results}
    done = process(json.dumps(connections), script=_SETUP, **home)
    assert done.code == 0, done.err
    commands = [
        ["db", "init", "--json"],
        ["cancel", "spring", "--include", str(tmp_path)],
        ["resolve", TAG, "0a1b2c", "send"],
        ["db", "init"],
    ]
    done = process(json.dumps(commands), script=_COMMANDS, **home)
    assert done.code == 0, done.err
    init, cancel, resolve, again = json.loads(done.out)
    assert (init[0], init[2]) == (0, "")
    assert json.loads(init[1])["database"] == f"sqlite:///{tmp_path}/shared.sqlite"
    assert cancel[:2] == [2, ""]
    assert f"hold no submission of campaign spring on {world.account_name}." in cancel[2]
    assert resolve[:2] == [2, ""]
    assert f"No outcome with the tag {TAG} is unknown." in resolve[2]
    assert (again[0], again[2]) == (0, "")
    # Another database is never named in the place of the first.
    (tmp_path / "shared.sqlite").unlink()
    done = process(json.dumps([["db", "init"]]), script=_COMMANDS, **home)
    ((code, _, said),) = json.loads(done.out)
    assert code == 2
    assert "ovh_sms_results_id names another results database" in said


def test_airflows_database_out_of_reach_is_refused_and_no_other_is_used(tmp_path: Path) -> None:
    place = {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/missing/airflow.db",
        "OVH_SMS_DATA": str(tmp_path / "data"),
    }
    commands = [["resolve", TAG, "0a1b2c", "send"], ["db", "init"]]
    done = process(json.dumps(commands), script=_COMMANDS, **place)
    assert done.code == 0, done.err
    for code, out, said in json.loads(done.out):
        assert (code, out, said.count("\n")) == (2, "", 1)
        assert "Airflow's database cannot be read" in said
    assert not (tmp_path / "data").exists()
