"""The guide's eight recipes as real runs in one Airflow; what became of them is the sandbox's truth."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from support.airflow_task import connection
from support.own_airflow import ROOT, run_in_airflow
from support.sandbox import SandboxProcess

RECIPES = ROOT / "include" / "recipes"
SECOND = "sms-sb00001-2"
PROBE = """
from support.recipe_runs import RecipeRuns

print(json.dumps(RecipeRuns(bag, sys.argv[2], {account!r}).all(), default=str))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("recipes")


@pytest.fixture(scope="module")
def found(home: Path) -> dict[str, Any]:
    """The findings of all runs, and below ``truth`` what the sandbox has."""
    (home / "dags").mkdir()
    for name in ("recipes", "contacts"):
        shutil.copytree(ROOT / "include" / name, home / "include" / name)
    for recipe in RECIPES.glob("*.py"):
        shutil.copy(recipe, home / "dags")  # as a person does
    with SandboxProcess(home / "sandbox", start=None) as sandbox:
        sandbox.features(ends={f"+3363998003{at}": [1, 1] for at in range(1, 7)})  # each message arrives
        env = {
            "AIRFLOW_CONN_OVH_SMS_SECOND": connection(sandbox, account=SECOND),
            "AIRFLOW_CONN_OVH_USER_DESK": json.dumps({"conn_type": "generic", "password": "Example1"}),
        }
        code = PROBE.format(account=sandbox.account_name)
        made: dict[str, Any] = json.loads(run_in_airflow(code, home, sandbox, **env))
        made["truth"] = sandbox.truth()
        made["messages"] = sandbox.messages()
        made["account"] = sandbox.account_name
        made["orders"] = sandbox.orders()
    return made


def texts(found: dict[str, Any], part: str) -> list[tuple[str, str]]:
    """Receiver and text of each message that has these words."""
    return sorted((each["receiver"], each["message"]) for each in found["messages"] if part in each["message"])


def test_every_recipe_succeeds(found: dict[str, Any]) -> None:
    runs = [run for made in found.values() for run in (made if isinstance(made, list) else [made])]
    states = [run["state"] for run in runs if "state" in run]
    assert states == ["success"] * 15


def test_nobody_gets_a_text_twice(found: dict[str, Any]) -> None:
    assert found["truth"]["twice"] == 0
    assert max(Counter((each["receiver"], each["message"]) for each in found["messages"]).values()) == 1


def test_an_order_that_was_shipped_is_one_sms_however_often_the_recipe_runs(found: dict[str, Any]) -> None:
    assert texts(found, "partie") == [
        ("+33639980021", "Votre commande 4711 est partie."),
        ("+33639980022", "Votre commande 4712 est partie."),
    ]
    assert [each["queue"] for each in found["one_by_one"]] == [2, 0]


def test_one_message_goes_to_everybody_on_the_list_with_a_stop_clause(found: dict[str, Any]) -> None:
    assert [number for number, _ in texts(found, "Soldes")] == [f"+3363998003{at}" for at in range(1, 7)]
    (submission,) = [each for each in found["truth"]["jobs"] if each["accepted"] == 6]
    assert submission["source"] == "slot"


def test_mail_merge_gives_each_person_their_own_values(found: dict[str, Any]) -> None:
    end = "votre commande va être livrée à l’adresse : xx rue montaigne Paris . Cordialement."
    assert texts(found, "livrée") == [
        ("+33639980000", f"Bonjour Pierre Durant, {end}"),
        ("+33639980001", f"Bonjour Jean Dupont, {end}"),
    ]


def test_figures_of_a_tag_are_those_of_the_sandbox(found: dict[str, Any]) -> None:
    shown = {each["campaign"]: each for each in found["follow"]["show"]}
    assert set(shown) == {"one_message_to_many", "mail_merge"}
    for figures in shown.values():
        truth = found["truth"]["tags"][figures["tag"]]
        assert figures["submitted"] == truth["accepted"]
        assert figures["delivered_rate"] == 100 * truth["delivered"] / truth["accepted"]
        assert figures["delay_p50"] > 0
    assert shown["one_message_to_many"]["opt_out_rate"] > 0
    assert shown["mail_merge"]["opt_out_rate"] == 0
    assert found["follow"]["opt_outs"]["new"] == 1


def test_a_person_who_said_stop_is_not_asked(found: dict[str, Any]) -> None:
    asked = found["asked"]["prepare"]
    assert (asked["accepted"], asked["rejected"]) == (5, {"suppressed": 1})
    assert len(texts(found, "venez-vous")) == 5


def test_a_reply_is_collected_and_answered_once(found: dict[str, Any]) -> None:
    first, second = found["replies"]
    assert first["collect"]["by_action"] == {"confirmed": 1, "declined": 1}
    assert [each["thank"]["answered"] for each in (first, second)] == [1, 0]
    assert second["collect"]["new"] == 0
    ((_, text),) = texts(found, "Merci")
    assert text.endswith(", à mardi !")
    assert "#" not in text
    assert found["callbacks"]["configure"]["changes"]


def test_credits_are_ordered_once_and_waited_for(found: dict[str, Any]) -> None:
    (order,) = found["orders"]
    made = found["order"]
    assert (order["id"], order["quantity"]) == (made["order"]["order_id"], made["order"]["quantity"])
    assert made["order"]["price_with_tax"] <= 500
    assert (made["wait"]["arrived"], made["wait"]["credits_left"]) == (True, 900 + order["quantity"])


def test_a_user_gets_its_quota_once(found: dict[str, Any]) -> None:
    first, second = found["user"]
    assert (first["create"]["create"], second["create"]["create"], second["create"]["update"]) == (1, 0, 0)
    assert first["show"] == second["show"] == 150
    (user,) = found["truth"]["users"]
    assert (user["login"], user["quota_left"], user["quota_taken"]) == ("desk", 150, 150)


def test_usage_counts_the_messages_of_its_month(found: dict[str, Any]) -> None:
    usage = found["usage"]["usage"]
    month = [each for each in found["messages"] if paris(each["created"]) == usage["month"]]
    assert usage["messages"] == len(month) > 0


def test_credits_are_transferred_once(found: dict[str, Any]) -> None:
    (made,) = found["truth"]["transfers"]
    assert made["credits"] == 600
    first, second = (each["transfer"] for each in found["transfer"])
    assert (first["target_before"], first["target_after"]) == (500, 1_100)
    assert (first["transferred"], second["transferred"]) == (True, False)


def test_neither_airflow_nor_its_log_holds_a_number(home: Path, found: dict[str, Any]) -> None:
    numbers = {each["receiver"].removeprefix("+").encode() for each in found["messages"]}
    for path in (home / "process.log", home / "airflow.db"):
        content = path.read_bytes()
        assert not any(number in content for number in numbers), path


def paris(moment: str) -> str:
    """The month of a moment, as OVH counts it."""
    return f"{datetime.fromisoformat(moment).astimezone(ZoneInfo('Europe/Paris')):%Y-%m}"
