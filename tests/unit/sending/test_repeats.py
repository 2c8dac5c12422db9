"""The digests of a batch are the same in whichever way its receivers reach OVH."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovh_sms.sending.repeats import DUPLICATE_WINDOW, RunMessage
from support.stores import new_store


@pytest.mark.parametrize("marketing", [True, False])
def test_a_list_and_numbers_have_the_same_digests(tmp_path: Path, marketing: bool) -> None:
    store = new_store(tmp_path / "results.sqlite")
    run = RunMessage(message="Bonjour", marketing=marketing, account="a", dag_id="d", run_id="r", planned_at=None)
    path = tmp_path / "prepared.csv"
    path.write_text("number\n+33639980002\n+33639980001\n")
    both = run.digests(store, list_path=path)
    alone = run.digests(store, numbers=["+33639980001", "+33639980002"])
    assert both is not None
    assert alone is not None
    assert both.tolist() == alone.tolist() == sorted(both.tolist())
    for found in (
        run.digests(store, list_path=path, only=[33639980001]),
        run.digests(store, numbers=["+33639980001", "+33639980002"], only=[33639980001]),
    ):
        assert found is not None
        assert found.tolist() == run.digester(store).of_rows([("number",), ("0033639980001"[2:],)]).tolist()
    assert run.digests(store) is None
    assert run.rule().message_key == run.digester(store).message_key
    assert run.rule().window == DUPLICATE_WINDOW
    store.close()
