"""The page stands alone, says the figures in text too, and lets no name become markup."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ovh_sms.report.figures import of_submission
from ovh_sms.report.html import write_html
from ovh_sms.report.language import french_sentences, translator
from ovh_sms.report.models import Figures
from ovh_sms.report.page import run_view
from ovh_sms.store.models import Resolution
from ovh_sms.store.store import Store
from unit.report.report_sample import large, small

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{7*7}}"
PARIS = ZoneInfo("Europe/Paris")
MADE_AT = datetime(2026, 3, 12, 16, 0, tzinfo=UTC)
UNCLOSED = {"meta", "img", "br", "link", "input"}


class Page(HTMLParser):
    """A page taken apart: its elements, its texts, its tables, and the data of its charts."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.scripts: list[str] = []
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in UNCLOSED:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)
        elif data.strip() and self.open[-1:] != ["style"]:
            self.text.append(" ".join(data.split()))

    def charts(self) -> list[dict[str, list[dict[str, list[object]]]]]:
        return [json.loads(script) for script in self.scripts if script.startswith('{"data"')]


@pytest.fixture(scope="module")
def both(filled_store: Store) -> list[Figures]:
    return [of_submission(filled_store, filled_store.submissions.get(r.tag)) for r, _ in (small(), large())]


@pytest.fixture(scope="module")
def page(both: list[Figures], tmp_path_factory: pytest.TempPathFactory) -> Page:
    path = tmp_path_factory.mktemp("a page") / "new folder" / "report.html"
    assert write_html(both, path, title="SMS campaigns", made_at=MADE_AT) == path
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]
    return Page(path)


def written(folder: Path, figures: list[Figures]) -> Page:
    return Page(write_html(figures, folder / "report.html", title="Campaigns", made_at=MADE_AT))


def test_every_element_is_closed_and_nothing_is_fetched(page: Page) -> None:
    assert page.open == []
    for tag, attributes in page.elements:
        assert tag not in {"link", "img", "iframe", "object", "base", "form"}
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith("#")
    assert page.source.count("plotly.js v") == 1
    policy = next(a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_the_headline_adds_the_campaigns_up(page: Page, both: list[Figures]) -> None:
    delivered = sum(f.delivered for f in both)
    submitted = sum(f.submitted for f in both)
    assert f"{delivered:,} of {submitted:,} submitted" in page.text
    assert "Made on 12 March 2026, 17:00 · times in Europe/Paris" in page.text


def test_each_campaign_shows_its_figures_in_text(page: Page, both: list[Figures]) -> None:
    for found in both:
        for number in (found.rows, found.accepted, found.submitted, found.delivered, found.failed, found.opt_outs):
            assert any(re.search(rf"(?<![\d,]){number:,}(?![\d,])", text) for text in page.text)
        assert found.tag in page.text
    assert "Invalid, opted-out or barred number" in page.text
    assert "Spreadsheet damage" in page.text
    assert "exactly the 9,618 estimated" in page.text


def test_bars_are_as_long_as_their_numbers(page: Page, both: list[Figures]) -> None:
    widths = [a["width"] for tag, a in page.elements if tag == "rect"]
    found = both[1]
    assert f"{100 * found.delivered / found.rows:.3f}%" in widths
    assert f"{100 * found.delivered / found.submitted:.3f}%" in widths


def test_the_bars_of_a_stack_lie_beside_each_other(both: list[Figures]) -> None:
    stack = run_view(both[1], PARIS, translator("en")).statuses
    ends = [bar.start + bar.share for bar in stack]
    assert [bar.start for bar in stack] == pytest.approx([0.0, *ends[:-1]])
    assert ends[-1] == pytest.approx(100)


def test_a_page_in_french_says_nothing_in_english(both: list[Figures], tmp_path: Path) -> None:
    path = write_html(both, tmp_path / "report.html", title="Campagnes", made_at=MADE_AT, language="fr")
    page = Page(path)
    assert ("html", {"lang": "fr"}) in page.elements
    english = {sentence for sentence in french_sentences() if " " in sentence and "{" not in sentence}
    assert [text for text in page.text if text in english] == []
    delivered = f"{sum(f.delivered for f in both):,}".replace(",", " ")
    assert any(text.startswith(f"{delivered} sur ") for text in page.text)


def test_charts_hold_the_figures_and_have_a_table_beside_them(page: Page, both: list[Figures]) -> None:
    curve, arrivals = page.charts()
    assert curve["data"][0]["y"] == [share for share, _ in both[1].delay_curve]
    drawn = sum(arrivals["data"][0]["y"])  # type: ignore[arg-type]
    late = next(int(m[1].replace(",", "")) for t in page.text if (m := re.search(r"Not drawn: ([\d,]+)", t)))
    assert drawn + late == both[1].delivered
    assert late <= both[1].delivered / 100
    labelled = [a for tag, a in page.elements if a.get("role") == "img"]
    assert all(a["aria-label"] for a in labelled)
    assert len(labelled) == sum(tag == "details" for tag, _ in page.elements) == 2


def test_a_small_campaign_needs_no_script(both: list[Figures], tmp_path: Path) -> None:
    page = written(tmp_path, both[:1])
    assert page.scripts == []
    assert len(page.source) < 40_000
    assert "2 messages delivered at 12 March 2026, 10:02." in page.text
    assert "Too few deliveries for a curve." in page.text


def test_no_name_becomes_markup(both: list[Figures], tmp_path: Path, page: Page) -> None:
    texts = ("campaign", "account", "sender", "tag")
    hostile = [
        dataclasses.replace(found, **dict.fromkeys(texts, HOSTILE), errors={HOSTILE: 1}, rejected={HOSTILE: 1})
        for found in both
    ]
    path = write_html(hostile, tmp_path / "report.html", title=HOSTILE, made_at=MADE_AT)
    attacked = Page(path)
    assert "<img" not in attacked.source.replace(_plotly(attacked), "")
    assert [tag for tag, _ in attacked.elements].count("script") == [tag for tag, _ in page.elements].count("script")
    assert not any(name.startswith("on") for _, attributes in attacked.elements for name in attributes)
    assert HOSTILE in attacked.text
    for chart in attacked.charts():
        assert chart["data"]


def _plotly(page: Page) -> str:
    return max(page.scripts, key=len)


def test_nothing_sent_still_makes_a_page(both: list[Figures], tmp_path: Path) -> None:
    nothing = dataclasses.replace(
        both[0],
        rows=0,
        accepted=0,
        submitted=0,
        delivered=0,
        delivered_rate=None,
        failed_rate=None,
        expired_rate=None,
        pending_rate=None,
        opt_out_rate=None,
        credits_spent=None,
        sent_at=None,
        collected_at=None,
        complete=None,
        batches_collected=0,
        delay_p50=None,
        delay_p90=None,
        delay_p99=None,
        delay_curve=(),
        deliveries=(),
    )
    page = written(tmp_path, [nothing, nothing])
    assert "Not collected yet" in page.text
    assert "Not collected yet." in page.text
    assert "No message failed." not in page.text
    assert "of 0 submitted, not collected yet" in page.text
    assert "nan" not in page.source.lower().replace("nance", "")
    empty = written(tmp_path, [])
    assert "No campaign has been sent yet." in empty.text


def test_deliveries_of_several_days_stay_readable(both: list[Figures], tmp_path: Path) -> None:
    start = datetime(2026, 3, 27, 23, 0, tzinfo=UTC)
    deliveries = tuple((start + timedelta(minutes=7 * n), 1) for n in range(1000))
    slow = dataclasses.replace(both[1], delivered=1000, deliveries=deliveries)
    page = written(tmp_path, [slow])
    arrivals = page.charts()[1]
    assert sum(arrivals["data"][0]["y"]) == 1000  # type: ignore[arg-type]
    assert len(arrivals["data"][0]["x"]) <= 96
    assert arrivals["data"][0]["x"][0] == "2026-03-28T00:00:00"
    assert "Delivered per 2 h" in page.text


def test_receivers_that_ovh_refused_are_shown(both: list[Figures], tmp_path: Path) -> None:
    counts = {"rows": 100, "accepted": 100, "rejected": {}, "submitted": 60, "delivered": 60}
    refused = dataclasses.replace(both[0], **counts, refused=40, unaccounted=0)
    page = written(tmp_path, [refused])
    assert "of 100 rows, none rejected, 40 refused by OVH" in page.text
    assert "40 refused by OVH" in page.text
    assert not any("do not add up" in text for text in page.text)
    several = written(tmp_path, [refused, both[0]])
    assert "Refused" in several.text
    assert "40" in several.text


def test_figures_that_do_not_add_up_are_shown_as_wrong(both: list[Figures], tmp_path: Path) -> None:
    counts = {"rows": 100, "accepted": 100, "rejected": {}, "submitted": 60, "delivered": 60}
    wrong = dataclasses.replace(both[0], **counts, refused=39, unaccounted=1)
    page = written(tmp_path, [wrong])
    says = "100 accepted, but 60 submitted and 39 refused by OVH. 1 is unaccounted for."
    assert f"These figures do not add up: {says}" in page.text
    assert "39 refused by OVH, 1 unaccounted for" in page.text
    assert [a.get("role") for _, a in page.elements].count("alert") == 1


def test_messages_sent_more_than_once_are_named(both: list[Figures], tmp_path: Path) -> None:
    counts = {"rows": 100, "accepted": 100, "rejected": {}, "submitted": 105, "delivered": 105, "refused": 0}
    page = written(tmp_path, [dataclasses.replace(both[0], **counts, surplus=5, unaccounted=0)])
    assert (
        "OVH made 5 messages more than its answer accounts for: some people got the message more than once."
        in page.text
    )
    assert "5 surplus" in page.text
    assert [a.get("role") for _, a in page.elements].count("alert") == 1


def test_a_person_who_resolved_an_unknown_outcome_is_named(both: list[Figures], tmp_path: Path) -> None:
    sent = Resolution(way="sent", by="anna", at="2026-03-12T09:05:00+00:00")
    send = Resolution(way="send", by="ben <b>", at="2026-03-12T09:05:00+00:00", although_credits_are_gone=True)
    page = written(tmp_path, [dataclasses.replace(both[0], resolutions=(("t-1", sent), ("t-2", send)))])
    lost, at = "OVH's answer to the batch", "12 March 2026, 10:05"
    assert f"{lost} t-1 was lost. anna resolved it on {at} as sent: nothing was sent again." in page.text
    resent = "as not sent: it was sent then, although credits were missing."
    assert f"{lost} t-2 was lost. ben <b> resolved it on {at} {resent}" in page.text


def test_an_unknown_estimate_is_not_shown_as_nothing(both: list[Figures], tmp_path: Path) -> None:
    unknown = dataclasses.replace(both[0], credits_estimated=None, credits_difference=None)
    for several in ([unknown], [unknown, both[1]]):
        page = written(tmp_path, several)
        assert "not estimated" in page.text


def test_a_run_that_is_half_collected_shows_counts_instead_of_shares(both: list[Figures], tmp_path: Path) -> None:
    counts = {"submitted": 10_000, "delivered": 4_000, "pending": 6_000}
    half = dataclasses.replace(both[0], **counts, batches=3, batches_collected=1, complete=None)
    page = written(tmp_path, [half])
    assert "of 10,000 submitted, 1 of 3 batches collected" in page.text
    assert "1 of 3 batches collected" in page.text
    several = written(tmp_path, [half, both[0]])
    assert "4,000 of 10,000" in several.text
    assert "of 10,002 submitted, 2 of 4 batches collected" in several.text


def test_withdrawn_messages_are_shown(both: list[Figures], tmp_path: Path) -> None:
    page = written(tmp_path, [dataclasses.replace(both[0], submitted=3, withdrawn=1)])
    assert "1 withdrawn before it left" in page.text
    assert "Withdrawn" in page.text
