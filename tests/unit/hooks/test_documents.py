from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.errors import ConfigurationError, RequestRefused, Unavailable
from ovh_sms.hooks.documents import DocumentHook
from ovh_sms.hooks.sms import OvhSmsHook
from support.raw_server import RawServer, http
from support.sandbox import SandboxProcess

StartServer = Callable[[Callable[[str], bytes | str]], RawServer]

SECRET = "signature=4711-do-not-show"


@pytest.fixture
def client(connect_sandbox: Callable[..., None]) -> Iterator[OvhSmsClient]:
    connect_sandbox()
    with OvhSmsHook().client as client:
        yield client


def test_a_file_goes_there_and_back_unchanged(
    client: OvhSmsClient, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    source, target = tmp_path / "list.csv", tmp_path / "back.csv"
    content = b"number;nom\n" + b"".join(
        b"+33639980%03d;N\xc3\xa9e\n" % (number % 1000) for number in range(120_000)
    )
    assert len(content) > 2 << 20
    source.write_bytes(content)
    document = client.create_document("list.csv")
    hook = DocumentHook()
    assert hook.put(document.put_url, source) == len(content)
    filled = client.document(document.id)
    assert filled.size == len(content)
    assert hook.get(filled.get_url, target) == len(content)
    assert target.read_bytes() == content
    assert sorted(tmp_path.iterdir()) == [target, source]


def test_one_hook_serves_several_documents(client: OvhSmsClient, tmp_path: Path) -> None:
    hook = DocumentHook()
    for text in ("number\n1\n", "number\n22\n"):
        (tmp_path / "list.csv").write_text(text)
        document = client.create_document("list.csv")
        hook.put(document.put_url, tmp_path / "list.csv")
        assert client.document(document.id).size == len(text)


def test_an_address_that_is_not_good_any_more_is_refused_and_not_shown(
    client: OvhSmsClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    (tmp_path / "list.csv").write_text("number\n")
    document = client.create_document("list.csv")
    wrong = document.put_url[:-4] + "beef"
    with pytest.raises(RequestRefused) as caught:
        DocumentHook().put(wrong, tmp_path / "list.csv")
    with pytest.raises(RequestRefused):
        DocumentHook().get(document.get_url[:-4] + "beef", tmp_path / "back.csv")
    assert not (tmp_path / "back.csv").exists()
    for part in ("beef", "signature"):
        assert part not in str(caught.value) + caplog.text


def test_no_key_of_ours_goes_to_the_storage(raw_server: StartServer, tmp_path: Path) -> None:
    server = raw_server(lambda line: http(200, b"number\n"))
    DocumentHook().get(f"http://127.0.0.1:{server.port}/d?{SECRET}", tmp_path / "list.csv")
    (_, line), *_ = server.seen
    assert line == f"GET /d?{SECRET} HTTP/1.1"
    assert "authorization" not in server.heads[0].lower()
    assert "x-ovh" not in server.heads[0].lower()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("reset", Unavailable),
        ("close", Unavailable),
        (http(503, b"SlowDown"), Unavailable),
        (http(429, b""), Unavailable),
        (http(403, b"<Error>Request has expired</Error>"), RequestRefused),
        (http(404, b""), RequestRefused),
    ],
)
def test_what_goes_wrong_is_one_of_our_errors_without_the_address(
    raw_server: StartServer,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    answer: bytes | str,
    error: type[Exception],
) -> None:
    caplog.set_level(logging.INFO)
    server = raw_server(lambda line: answer)
    url = f"http://127.0.0.1:{server.port}/d?{SECRET}"
    (tmp_path / "list.csv").write_text("number\n")
    with pytest.raises(error) as put:
        DocumentHook().put(url, tmp_path / "list.csv")
    with pytest.raises(error) as got:
        DocumentHook().get(url, tmp_path / "back.csv")
    assert not list(tmp_path.glob("back*"))
    assert "4711" not in str(put.value) + str(got.value) + caplog.text


def test_a_file_that_breaks_off_leaves_nothing(raw_server: StartServer, tmp_path: Path) -> None:
    answers = [http(200, b"x" * 1000)[:-500]]

    def script(line: str) -> bytes | str:
        return answers.pop() if answers else "close"

    server = raw_server(script)
    server.close_after_answer = True
    with pytest.raises(Unavailable, match="no complete answer"):
        DocumentHook().get(f"http://127.0.0.1:{server.port}/d", tmp_path / "list.csv")
    assert list(tmp_path.iterdir()) == []


def test_nobody_at_home(tmp_path: Path) -> None:
    with pytest.raises(
        Unavailable, match=r"127\.0\.0\.1:9 gave no complete answer: the connection was refused"
    ):
        DocumentHook().get(f"http://127.0.0.1:9/d?{SECRET}", tmp_path / "list.csv")


@pytest.mark.parametrize("url", ["", "list.csv", "file:///etc/passwd", "http:///x"])
def test_what_is_no_address(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        DocumentHook().get(url, tmp_path / "list.csv")
