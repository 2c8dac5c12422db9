from __future__ import annotations

import pytest

from ovh_sms.api.submission_request import SubmissionRequest
from ovh_sms.errors import ConfigurationError

NUMBER = "+33639980001"
TEXT = "Bonjour #prenom#, votre commande est prête"


def request(**given: object) -> SubmissionRequest:
    settings: dict[str, object] = {"message": TEXT, "stop_clause": True, "tag": "spring", "slot": 3, "sender": "MYSHOP"}
    return SubmissionRequest(**{**settings, **given})  # type: ignore[arg-type]


def test_the_body_has_ovhs_names_and_only_given_parameters() -> None:
    assert request().body() == {
        "message": TEXT,
        "receiversSlotId": "3",
        "sender": "MYSHOP",
        "noStopClause": False,
        "tag": "spring",
    }


def test_every_parameter_reaches_the_body() -> None:
    body = request(
        slot=None,
        receivers=(NUMBER,),
        sender=None,
        sender_for_response=True,
        stop_clause=False,
        delay_minutes=0,
        validity_minutes=2880,
        priority="veryLow",
        charset="UTF-8",
        message_class="flash",
        coding="8bit",
    ).body()
    assert body == {
        "message": TEXT,
        "receivers": [NUMBER],
        "senderForResponse": True,
        "noStopClause": True,
        "tag": "spring",
        "differedPeriod": 0,
        "validityPeriod": 2880,
        "priority": "veryLow",
        "charset": "UTF-8",
        "class": "flash",
        "coding": "8bit",
    }
    assert request(slot=None, document_url="https://files.example/a.csv").body()["receiversDocumentUrl"]


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        request(message=" ", receivers=[], tag="x" * 21, sender_for_response=True, delay_minutes=-1, slot=10)
    text = str(caught.value)
    for part in ("message", "exactly one", "list of receivers", "slot", "sender", "tag", "delay_minutes"):
        assert part in text


@pytest.mark.parametrize(
    "wrong",
    [
        {"slot": None},
        {"slot": 0},
        {"receivers": [NUMBER]},
        {"sender": None},
        {"sender": ""},
        {"tag": ""},
        {"tag": "été"},
        {"tag": "a\nb"},
        {"validity_minutes": 0},
        {"priority": "urgent"},
        {"charset": "latin-1"},
        {"message_class": "loud"},
        {"coding": "16bit"},
    ],
)
def test_each_wrong_parameter_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match="Nothing was sent"):
        request(**wrong)


def test_the_fingerprint_is_the_requests_own() -> None:
    assert request().fingerprint() == request().fingerprint()
    assert len(request().fingerprint()) == 64
    others = [
        {"message": "x"},
        {"stop_clause": False},
        {"tag": "y"},
        {"slot": 4},
        {"sender": "Z"},
        {"delay_minutes": 1},
    ]
    assert len({request(**other).fingerprint() for other in [{}, *others]}) == len(others) + 1
    receivers = {"slot": None, "receivers": [NUMBER]}
    assert request(**receivers).fingerprint() == request(slot=None, receivers=(NUMBER,)).fingerprint()


def test_printing_a_request_shows_neither_message_nor_numbers() -> None:
    shown = repr(request(slot=None, receivers=[NUMBER]))
    assert NUMBER not in shown
    assert "Bonjour" not in shown
    assert "spring" in shown
