"""Documents, slots, mail merge and cleaning."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from support.sandbox import SandboxProcess
from support.signed import ACCOUNT, JOBS, Answer, Signed, get_file, put_file, send

LIST = "number;nom;prenom\n+33639980001;Durant;Pierre\n+33639980002;Dupont;Jean\n"


def document(api: Signed, content: str | bytes) -> Any:
    about = {"name": "list.csv", "tags": [{"key": "campaign", "value": "spring"}]}
    made = api.post("/me/document", about).json
    assert put_file(made["putUrl"], content if isinstance(content, bytes) else content.encode()).status == 201
    return made


def fill(api: Signed, content: str | bytes, slot: int = 1, **about: Any) -> Answer:
    given = {"description": "Spring", "autoUpdate": False, "slotId": slot, **about}
    given.setdefault("documentId", document(api, content)["id"])
    return api.post(f"{ACCOUNT}/receivers", {k: v for k, v in given.items() if v is not None})


def send_to_slot(api: Signed, message: str = "Bonjour #prenom# #nom#", **about: Any) -> Any:
    body = {"message": message, "sender": "MYSHOP", "receiversSlotId": "1", "tag": "t", **about}
    return api.post(JOBS, {name: value for name, value in body.items() if value is not None})


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", tmp_path
        server.shutdown()
        thread.join()


def test_a_document_is_put_and_got_at_pre_signed_addresses(api: Signed) -> None:
    made = document(api, LIST)
    assert (made["size"], made["validationDate"]) == (0, None)
    shown = api.get(f"/me/document/{made['id']}").json
    assert shown["size"] == len(LIST.encode())
    assert shown["tags"] == [{"key": "campaign", "value": "spring"}]
    assert get_file(shown["getUrl"]).content == LIST.encode()
    assert api.get("/me/document").json == [made["id"]]
    assert api.delete(f"/me/document/{made['id']}").content == b"null"
    assert api.get(f"/me/document/{made['id']}").status == 404
    assert get_file(shown["getUrl"]).status == 403


def test_a_pre_signed_address_is_good_for_one_thing_only(api: Signed) -> None:
    made = document(api, LIST)
    assert get_file(made["putUrl"]).status == 403
    assert put_file(made["getUrl"], b"x").status == 403
    assert put_file(made["putUrl"][:-1] + "!", b"x").status == 403
    path = made["putUrl"].removeprefix(api.sandbox.url)
    headers = {"X-Ovh-Application": api.sandbox.keys.application_key}
    assert send(api.sandbox.url, "PUT", path, b"x", headers).status == 400
    assert get_file(made["getUrl"]).content == LIST.encode()


def test_a_document_expires(api: Signed, sandbox: SandboxProcess) -> None:
    made = document(api, LIST)
    answer = api.put(f"/me/document/{made['id']}", {"expirationDate": "2026-03-04T10:00:00+01:00"})
    assert answer.content == b"null"
    assert api.get(f"/me/document/{made['id']}").json["expirationDate"] == "2026-03-04T10:00:00+01:00"
    sandbox.clock(advance=86_400)
    assert api.get(f"/me/document/{made['id']}").status == 404
    assert get_file(made["getUrl"]).status == 403


def test_a_list_is_copied_into_a_slot(api: Signed) -> None:
    made = document(api, LIST)
    body = {"slotId": 3, "description": "Spring", "autoUpdate": False, "documentId": made["id"]}
    slot = api.post(f"{ACCOUNT}/receivers", body).json
    assert (slot["slotId"], slot["records"], slot["canAutoUpdate"]) == (3, 2, False)
    assert api.delete(f"/me/document/{made['id']}").status == 200
    assert api.get(f"{ACCOUNT}/receivers").json == [3]
    assert api.get(f"{ACCOUNT}/receivers/3").json == slot
    assert api.get(f"{ACCOUNT}/receivers/3/csv").json == LIST
    assert api.put(f"{ACCOUNT}/receivers/3", {"description": "Summer"}).content == b"null"
    assert api.get(f"{ACCOUNT}/receivers/3").json["description"] == "Summer"
    assert api.delete(f"{ACCOUNT}/receivers/3").content == b"null"
    assert api.get(f"{ACCOUNT}/receivers/3").status == 404
    assert api.get(f"{ACCOUNT}/receivers").json == []


@pytest.mark.parametrize(
    ("about", "status"),
    [
        ({"slotId": 0}, 400),
        ({"slotId": 10}, 400),
        ({"description": ""}, 400),
        ({"description": "x" * 41}, 400),
        ({"autoUpdate": None}, 400),
        ({"autoUpdate": True}, 400),
        ({"documentId": None}, 400),
        ({"csvUrl": "http://127.0.0.1:9/list.csv"}, 400),
        ({"documentId": "00000000-0000-4000-8000-000000000000"}, 404),
        ({"documentId": None, "csvUrl": "http://192.0.2.1/list.csv"}, 400),
        ({"documentId": None, "csvUrl": "http://127.0.0.1:9/list.csv"}, 400),
    ],
)
def test_a_slot_is_not_filled_by_a_wrong_call(api: Signed, about: dict[str, Any], status: int) -> None:
    assert fill(api, LIST, **about).status == status
    assert api.get(f"{ACCOUNT}/receivers").json == []


def test_a_used_slot_is_not_overwritten(api: Signed) -> None:
    assert fill(api, LIST).status == 200
    assert fill(api, "number\n+33639980009\n").status == 409
    assert api.get(f"{ACCOUNT}/receivers/1/csv").json == LIST


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", 1),
        ("Numero;nom\n+33639980001;Durant\n", 1),
        ("\ufeffnumber;nom\n+33639980001;Durant\n", 1),
        ("number,nom\n+33639980001,Durant\n", 1),
        ("number;nom\n+33639980001;Durant\n+33639980002;Benoît\n", 3),
        ("number;nom\n+33639980001;Durant;more\n", 2),
        ('number;nom\n+33639980001;"Dur"ant"\n', 2),
        ("number;nom\n+33639980001;Zoé\n".encode("cp1252"), 2),
    ],
)
def test_a_list_that_is_refused_names_the_line(api: Signed, content: str | bytes, line: int) -> None:
    if not content:
        made = api.post("/me/document", {"name": "empty.csv"}).json
        body = {"slotId": 1, "description": "x", "autoUpdate": False, "documentId": made["id"]}
        assert api.post(f"{ACCOUNT}/receivers", body).status == 400
        return
    answer = fill(api, content)
    assert answer.status == 400
    assert answer.json["message"].endswith(f"on line {line}")
    assert api.get(f"{ACCOUNT}/receivers").json == []


def test_columns_are_merged_into_the_message(api: Signed, sandbox: SandboxProcess) -> None:
    fill(api, "number ;nom ;remise\n+33639980001;Durant;10%\n+33639980002;#nom#\n0639980003;x;y\n")
    answer = send_to_slot(api, "#nom#: #remise# de 100% #autre#!", noStopClause=True).json
    assert answer["invalidReceivers"] == ["0639980003"]
    texts = {message["receiver"]: message["message"] for message in sandbox.messages("t")}
    assert texts == {"+33639980001": "Durant: 10% de 100% #autre#!", "+33639980002": "#nom#:  de 100% #autre#!"}
    assert {message["slot"] for message in sandbox.messages("t")} == {1}


def test_each_merged_message_costs_its_own_parts(api: Signed, sandbox: SandboxProcess) -> None:
    fill(api, f"number;nom\n+33639980001;Jo\n+33639980002;{'x' * 160}\n+33639980003;{'€' * 50}\n")
    assert send_to_slot(api, "Bonjour #nom#", noStopClause=True).json["totalCreditsRemoved"] == 4
    assert [message["parts"] for message in sandbox.messages("t")] == [1, 2, 1]


def test_a_document_can_be_the_list_of_a_job(api: Signed, sandbox: SandboxProcess) -> None:
    way = {"receiversSlotId": None, "receiversDocumentUrl": document(api, LIST)["getUrl"]}
    assert len(send_to_slot(api, "Bonjour #prenom#", **way).json["ids"]) == 2
    assert [message["message"] for message in sandbox.messages("t")] == ["Bonjour Pierre", "Bonjour Jean"]
    assert api.get(f"{ACCOUNT}/receivers").json == []


def test_the_sandbox_knows_its_own_addresses_by_any_name(api: Signed, sandbox: SandboxProcess) -> None:
    made = document(api, LIST)
    url, sandbox.url = sandbox.url, f"http://sandbox.example:{sandbox.port}"
    address = made["getUrl"].replace("127.0.0.1", "sandbox.example")
    job = {"message": "Bonjour", "sender": "MYSHOP", "tag": "t", "receiversDocumentUrl": address}
    body = json.dumps(job).encode()
    headers = {**api.headers("POST", f"/1.0{ACCOUNT}/jobs", body), "Host": f"sandbox.example:{sandbox.port}"}
    sandbox.url = url
    assert len(send(url, "POST", f"/1.0{ACCOUNT}/jobs", body, headers).json["ids"]) == 2


def test_a_slot_from_an_address_is_downloaded_again_when_it_asks_for_it(api: Signed, web: tuple[str, Path]) -> None:
    url, folder = web
    (folder / "list.csv").write_text(LIST)
    slot = fill(api, LIST, documentId=None, csvUrl=f"{url}/list.csv", autoUpdate=True).json
    assert (slot["records"], slot["autoUpdate"], slot["canAutoUpdate"]) == (2, True, True)
    (folder / "list.csv").write_text(LIST + "+33639980003;Martin;Anne\n")
    assert len(send_to_slot(api).json["ids"]) == 3
    assert api.get(f"{ACCOUNT}/receivers/1").json["records"] == 3
    assert api.put(f"{ACCOUNT}/receivers/1", {"autoUpdate": False}).status == 200
    (folder / "list.csv").unlink()
    assert len(send_to_slot(api).json["ids"]) == 3
    missing = fill(api, LIST, slot=2, documentId=None, csvUrl=f"{url}/list.csv")
    assert missing.status == 400
    assert missing.json["message"] == "The document could not be downloaded: HTTP 404"


def test_cleaning_takes_duplicates_and_wrong_numbers_out(api: Signed, sandbox: SandboxProcess) -> None:
    fill(api, LIST + "0033639980001;Again;Pierre\nabc;No;Number\n")
    assert api.get(f"{ACCOUNT}/receivers/1").json["records"] == 4
    price = api.post(f"{ACCOUNT}/receivers/1/clean", {"freemium": False, "priceOnly": True}).json
    assert price == {"taskId": 0, "totalCreditsRemoved": 0.4}
    started = api.post(f"{ACCOUNT}/receivers/1/clean", {"freemium": True, "priceOnly": False}).json
    assert started["totalCreditsRemoved"] == 0
    task = f"{ACCOUNT}/task/{started['taskId']}"
    assert api.get(f"{ACCOUNT}/task", status="done").json == []
    sandbox.wait_until(lambda: api.get(task).json["status"] == "done")
    assert api.get(f"{ACCOUNT}/receivers/1/csv").json == LIST
    assert api.get(f"{ACCOUNT}/receivers/1").json["records"] == 2
    assert api.get(f"{ACCOUNT}/task", status="done").json == [started["taskId"]]
    assert api.get(f"{ACCOUNT}/task", status="todo").json == []
    assert api.get(ACCOUNT).json["creditsLeft"] == 100_000
    api.post(f"{ACCOUNT}/receivers/1/clean", {"freemium": False, "priceOnly": False})
    assert api.get(ACCOUNT).json["creditsLeft"] == 99_999.8


def test_a_hundred_thousand_receivers_in_one_job(api: Signed, sandbox: SandboxProcess) -> None:
    rows = "".join(f"+3376{number:07d};Client{number}\n" for number in range(100_000))
    assert fill(api, "number;nom\n" + rows).json["records"] == 100_000
    sandbox.account(creditsLeft=1_000_000)
    answer = send_to_slot(api, "Bonjour #nom#").json
    assert len(set(answer["ids"])) == len(set(answer["validReceivers"])) == 100_000
    truth = sandbox.truth("t")
    assert (truth["accepted"], truth["receivers"], truth["twice"]) == (100_000, 100_000, 0)
    process = sandbox.process
    assert process is not None
    status = Path(f"/proc/{process.pid}/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        assert int(peak.split()[1]) < 300_000
