from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.credentials import Credentials
from ovh_sms.api.documents import DocumentsClient
from ovh_sms.errors import ConfigurationError, RequestRefused, Unavailable
from support.raw_server import http
from unit.api.samples import MakeClient, StartServer

SECRET = "signature=4711-do-not-show"


#: A client whose keys and endpoint do not matter: signed addresses need neither.
@pytest.fixture
def offline(make_client: MakeClient) -> DocumentsClient:
    return make_client(credentials=Credentials("ovh-eu", "application", "secret", "consumer")).documents


def test_a_file_goes_there_and_back_unchanged(client: OvhSmsClient, tmp_path: Path) -> None:
    source, target = tmp_path / "list.csv", tmp_path / "back.csv"
    content = b"number;nom\n" + b"".join(b"+33639980%03d;N\xc3\xa9e\n" % (number % 1000) for number in range(120_000))
    assert len(content) > 2 << 20
    source.write_bytes(content)
    document = client.documents.create("list.csv")
    assert client.documents.upload(document.put_url, source) == hashlib.sha256(content).hexdigest()
    filled = client.documents.get(document.id)
    assert filled.size == len(content)
    assert client.documents.download(filled.get_url, target) == len(content)
    assert target.read_bytes() == content
    assert sorted(tmp_path.iterdir()) == [target, source]


def test_one_client_fills_several_documents(client: OvhSmsClient, tmp_path: Path) -> None:
    for text in ("number\n1\n", "number\n22\n"):
        (tmp_path / "list.csv").write_text(text)
        document = client.documents.create("list.csv")
        client.documents.upload(document.put_url, tmp_path / "list.csv")
        assert client.documents.get(document.id).size == len(text)


def test_an_invalid_address_is_refused_and_not_shown(
    client: OvhSmsClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    (tmp_path / "list.csv").write_text("number\n")
    document = client.documents.create("list.csv")
    wrong = document.put_url[:-4] + "beef"
    with pytest.raises(RequestRefused) as caught:
        client.documents.upload(wrong, tmp_path / "list.csv")
    with pytest.raises(RequestRefused):
        client.documents.download(document.get_url[:-4] + "beef", tmp_path / "back.csv")
    assert not (tmp_path / "back.csv").exists()
    for part in ("beef", "signature"):
        assert part not in str(caught.value) + caplog.text


@pytest.mark.parametrize("proxied", [False, True])
def test_no_key_of_ours_and_none_of_netrc_goes_to_the_storage(
    offline: DocumentsClient, raw_server: StartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxied: bool
) -> None:
    server = raw_server(lambda line: http(200, b"number\n"))
    (tmp_path / "netrc").write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.port if proxied else 9}")
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{server.port}")
    if proxied:  # the server agrees to no encryption
        with pytest.raises(Unavailable):
            offline.download(f"https://storage.example/d?{SECRET}", tmp_path / "list.csv")
    else:
        offline.download(f"http://127.0.0.1:{server.port}/d?{SECRET}", tmp_path / "list.csv")
    (_, line), *_ = server.seen
    assert line.startswith("CONNECT storage.example:443 " if proxied else f"GET /d?{SECRET} ")
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
def test_each_failure_is_an_error_of_this_package_without_the_address(
    offline: DocumentsClient,
    raw_server: StartServer,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    answer: bytes | str,
    error: type[Exception],
) -> None:
    caplog.set_level(logging.DEBUG)
    server = raw_server(lambda line: answer)
    url = f"http://127.0.0.1:{server.port}/d?{SECRET}"
    (tmp_path / "list.csv").write_text("number\n")
    with pytest.raises(error) as put:
        offline.upload(url, tmp_path / "list.csv")
    with pytest.raises(error) as got:
        offline.download(url, tmp_path / "back.csv")
    assert not list(tmp_path.glob("back*"))
    assert "4711" not in str(put.value) + str(got.value) + caplog.text


def test_a_broken_download_leaves_no_file(offline: DocumentsClient, raw_server: StartServer, tmp_path: Path) -> None:
    answers = [http(200, b"x" * 1000)[:-500]]

    def script(line: str) -> bytes | str:
        return answers.pop() if answers else "close"

    server = raw_server(script)
    server.close_after_answer = True
    with pytest.raises(Unavailable, match="no complete answer"):
        offline.download(f"http://127.0.0.1:{server.port}/d", tmp_path / "list.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_refused_connection_is_named(offline: DocumentsClient, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9 gave no complete answer: the connection was refused"):
        offline.download(f"http://127.0.0.1:9/d?{SECRET}", tmp_path / "list.csv")


def test_no_list_goes_to_a_storage_unencrypted_and_none_comes_from_there(
    offline: DocumentsClient, raw_server: StartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = raw_server(lambda line: http(200, b"number\n"))
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.port}")
    (tmp_path / "list.csv").write_text("number\n")
    for transfer in (offline.upload, offline.download):
        with pytest.raises(ConfigurationError, match=r"storage\.example.*Nothing was transferred") as caught:
            transfer(f"http://storage.example/d?{SECRET}", tmp_path / "list.csv")
        assert SECRET not in str(caught.value)
    assert server.seen == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_storage_that_leads_elsewhere_is_not_followed(
    offline: DocumentsClient, raw_server: StartServer, tmp_path: Path, status: int
) -> None:
    other = raw_server(lambda line: http(200, b"number\n"))
    server = raw_server(lambda line: http(status, b"", f"Location: http://127.0.0.1:{other.port}/d"))
    (tmp_path / "list.csv").write_text("number\n")
    for transfer in (offline.upload, offline.download):
        with pytest.raises(RequestRefused, match="Nothing was transferred"):
            transfer(f"http://127.0.0.1:{server.port}/d?{SECRET}", tmp_path / "list.csv")
    assert other.seen == []


@pytest.mark.parametrize("url", ["", "list.csv", "file:///etc/passwd", "http:///x"])
def test_an_address_that_is_no_url_is_refused(offline: DocumentsClient, url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        offline.download(url, tmp_path / "list.csv")
