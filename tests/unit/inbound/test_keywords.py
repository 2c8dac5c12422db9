"""The meaning of a reply, however it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovh_sms.inbound.keywords import KeywordRule, Meaning, meaning_of
from ovh_sms.reply_words import CERTAIN, INBOX, OPT_OUT, USUAL, always_opting_out, words_of

YES = KeywordRule(words=("OUI", "YES"), event="confirmed")
NO = KeywordRule(words=("NON",), event="declined")

OPT_OUTS = (
    """
STOP|stop|Stop.|  Stop.  |STOP!!!|« STOP »|"stop"|STOP merci|stop svp|Stop, s'il vous plaît|STOP s’il te plait
merci STOP|Bonjour, STOP. Merci d'avance|STOP 36180|STOP au 36180|stop SMS|STOP PUB|STOP SMS au 36180
stop stop stop|S.T.O.P.|s t o p|ＳＴＯＰ|ST\u200bOP|STOP 🙏|Arrêt|ARRET|arrêter|ARRÊTEZ|arrêtez svp
désabonner|Me désabonner|DESABONNEMENT|désinscrire|DÉSINSCRIPTION|unsubscribe|Unsubscribe please|opt-out
STOP ALL|stopp|STOPP bitte|abmelden|Abbestellen|baja|BAJA por favor|darme de baja|disiscrivi|cancellami grazie|afmelden
STOP36180|STOPSMS|STOP 36 180|STOP ARRET|STOP desabonnement|unsubscribe stop|Non merci, stop|ok stop|stop les sms
STOP messages|stop merci bcp|STOP cdlt|Stop aux textos|STOP 38 0 33
STOP merci STOP|STOPPPP|STOOOP !|stop la pub|Stop à la pub|STOP DE SMS|STOP TOUS LES SMS|ARRETEZ TOUT|stop all sms
desabonner moi svp|désinscrire moi|UNSUB
STOP\u3164|\u3164stop|STOP\u00a0\u00a0SVP|\u202eSTOP\u202c|STOP\ufe0f|\ufeffStop|S\u00a0T\u00a0O\u00a0P
ЅТОР|STОP|SΤΟΡ|ꜱᴛᴏᴘ|ST\x00OP|S\x08TOP|S\u2800TOP|dısıscrıvı|END SMS|ok, cancel
END|revoke|CANCELAR|uitschrijven aub|stoppen|QUIT|cancel|CANCELLA|alto|parar|Hola, BAJA, gracias
""".replace("\n", "|")
    .strip("|")
    .split("|")
)

OTHERS = (
    """
je ne peux pas m'arrêter, stop ou encore ?|don't stop|Non stop|nonstop|stop ou pas|je veux un stop pub sur ma boîte
ARRÊT 75011|arrêt 36180 75011|stop 06 39 98 00 01|STOP 361801|ok|non merci|les messages
on s'arrête au bus stop|arrêt du bus 12|stopover|STOP à tout ça, appelez-moi|merci|36180|au 36180||...|?|👍|oui
arrêt à la gare|stop à la maison|stoop|the end of the week|weekend|ok la|la pub|tout|STOP tous au bus
merci de la part de stop'n go
The end|all the end|alto la|Je ne peux pas m'arrêter|Can't stop thinking|Ende gut alles gut
nicht stoppen|no parar|non cancellare
cancel my order|quitter|j'ai reçu un STOP|unsubscribed users|baja temporal de mi padre|alto ahí
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


@pytest.mark.parametrize("text", OPT_OUTS)
def test_a_stop_is_read_however_it_is_written(text: str) -> None:
    assert meaning_of(text).action == OPT_OUT


@pytest.mark.parametrize("text", OTHERS)
def test_a_sentence_that_merely_holds_the_word_is_no_stop(text: str) -> None:
    assert meaning_of(text) == Meaning(INBOX)


def test_a_stop_names_its_keyword_without_what_stands_beside_it() -> None:
    assert meaning_of("Bonjour, arrêter svp").keyword == "ARRETER"
    assert meaning_of("STOP au 36180").keyword == "STOP"


def test_a_rule_may_find_stop_anywhere() -> None:
    anywhere = KeywordRule(words=("STOP",), event=OPT_OUT, anywhere=True)
    assert meaning_of("je ne peux pas m'arrêter, stop ou encore ?", [anywhere]).action == OPT_OUT
    assert meaning_of("bus-stopper", [anywhere]) == Meaning(INBOX)


def test_a_word_of_its_own_may_opt_out() -> None:
    assert meaning_of("basta", [KeywordRule(words=("BASTA",), event=OPT_OUT)]).action == OPT_OUT


@pytest.mark.parametrize(
    "text", ["OUI", "oui", "Oui !", "oui merci", "Bonjour, oui.", "oui oui", "O.U.I", "yes please"]
)
def test_a_keyword_is_read_however_it_is_written(text: str) -> None:
    assert meaning_of(text, [NO, YES]).action == "confirmed"


@pytest.mark.parametrize("text", ["oui mais", "ouistiti", "oui ou non", "oui stop", "je dis oui"])
def test_a_keyword_is_all_of_the_reply(text: str) -> None:
    assert meaning_of(text, [NO, YES]) == Meaning(INBOX)


def test_a_keyword_may_stand_anywhere_if_the_rule_says_so() -> None:
    anywhere = KeywordRule(words=("je viens",), event="confirmed", anywhere=True)
    assert meaning_of("Bonsoir, JE VIENS demain", [anywhere]) == Meaning("confirmed", "je viens")
    assert meaning_of("je ne viens pas", [anywhere]) == Meaning(INBOX)


def test_the_first_rule_that_fits_is_taken() -> None:
    later = KeywordRule(words=("oui",), event="other")
    assert meaning_of("oui", [YES, later]).action == "confirmed"
    assert meaning_of("oui", [later, YES]).action == "other"


def test_all_of_a_reply_goes_before_a_word_anywhere() -> None:
    anywhere = KeywordRule(words=("viens",), event="comes", anywhere=True)
    whole = KeywordRule(words=("je viens",), event="comes_for_sure")
    assert meaning_of("Je viens !", [anywhere, whole]).action == "comes_for_sure"
    assert meaning_of("je viens tard", [anywhere, whole]).action == "comes"


def test_a_rule_that_opts_out_anywhere_goes_before_others() -> None:
    rules = [
        KeywordRule(words=("oui",), event="confirmed", anywhere=True),
        KeywordRule(words=("stop",), event=OPT_OUT, anywhere=True),
    ]
    assert meaning_of("oui je viens mais stop aux SMS", rules).action == OPT_OUT


def test_no_rule_changes_a_certain_stop() -> None:
    assert meaning_of("stop", [KeywordRule(words=("STOP",), event="confirmed")]).action == OPT_OUT


def test_a_rule_may_give_a_usual_word_another_meaning() -> None:
    appointment = KeywordRule(words=("CANCEL",), event="cancelled")
    assert meaning_of("cancel please", [appointment]) == Meaning("cancelled", "CANCEL")
    assert meaning_of("cancel please") == Meaning(OPT_OUT, "CANCEL")


def test_a_number_may_be_a_keyword() -> None:
    assert meaning_of("1", [KeywordRule(words=("1",), event="first")]) == Meaning("first", "1")
    assert meaning_of("36180", [KeywordRule(words=("36180",), event="first")]) == Meaning("first", "36180")


def test_courtesy_alone_may_be_a_keyword() -> None:
    assert meaning_of("Merci beaucoup !", [KeywordRule(words=("merci beaucoup",), event="thanked")]).action == "thanked"


def test_rules_come_from_plain_values() -> None:
    plain = [{"words": ["OUI", "YES"], "event": "confirmed"}, {"words": ["x"], "event": "y", "anywhere": True}]
    assert KeywordRule.of(plain) == (YES, KeywordRule(words=("x",), event="y", anywhere=True))


def test_words_that_always_opt_out_are_named_as_written() -> None:
    assert always_opting_out(["OUI", "Stop", "Arrêter", "CANCEL", "stop pub"]) == {"Stop", "Arrêter", "stop pub"}


@pytest.mark.parametrize("words", sorted(CERTAIN | USUAL))
def test_every_built_in_word_opts_out_in_upper_case_and_with_courtesy(words: tuple[str, ...]) -> None:
    phrase = " ".join(words)
    assert {meaning_of(each).action for each in (phrase, phrase.upper(), f"{phrase}, merci!")} == {OPT_OUT}


@given(st.text(max_size=200))
def test_any_text_has_a_meaning_and_reading_its_words_again_changes_nothing(text: str) -> None:
    assert meaning_of(text, [YES, NO]).action in (OPT_OUT, INBOX, "confirmed", "declined")
    assert words_of(" ".join(words_of(text))) == words_of(text)


@pytest.mark.timeout(60)  # hours, if the time grew with the square of the length
@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("le la " * 300_000, INBOX),
        ("merci " * 300_000 + "stop", OPT_OUT),
        ("stop " + "merci " * 300_000, OPT_OUT),
        ("merci les " * 200_000, INBOX),
        ("e" + "\u0301\u0323" * 500_000, INBOX),
        ("ST" + "\u0301\u0323" * 500_000 + "OP", OPT_OUT),
    ],
    ids=["words", "thanks first", "thanks last", "thanks between", "marks", "marks in STOP"],
)
def test_a_reply_of_a_million_characters_is_read_too(text: str, action: str) -> None:
    assert meaning_of(text, (YES, KeywordRule(words=("non non",), event="declined", anywhere=True))).action == action
