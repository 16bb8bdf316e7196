"""The page of a reconciliation: one file that fetches nothing, every digit on it, every text escaped."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pyarrow as pa
import pytest

from engine.reports.reconcile.markup import element, escaped
from engine.reports.reconcile.number_text import brief, grouped
from engine.reports.reconcile.page import render_page, write_page
from engine.reports.reconcile.pictures import stacked_days
from tests.reconcile.made_up import CONTROL_CHARACTER, HOSTILE, RIGHT_TO_LEFT, WIDE, control, figures, model
from tests.reconcile.made_up import passing_controls as passing

ROOT = Path(__file__).parent.parent.parent
_VOID = {"meta", "br", "hr", "img", "link", "input", "col"}


class Reader(HTMLParser):
    """Collects what a browser would see, and refuses a page whose elements do not nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.texts.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert not reader.open
    return reader


def banner(reader: Reader) -> str | None:
    (found,) = (attributes for _, attributes in reader.tags if "banner" in (attributes.get("class") or "").split())
    return found["class"]


def test_the_page_stands_alone() -> None:
    page = render_page(model())
    reader = read(page)
    assert not {"script", "link", "img", "iframe", "object", "embed"} & {tag for tag, _ in reader.tags}
    for _, attributes in reader.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "srcset", "action")]
        assert (attributes.get("href") or "#").startswith("#")
    assert not re.search(r"url\(|@import|https?:", page)


def test_links_lead_somewhere_and_no_name_is_given_twice() -> None:
    reader = read(render_page(model()))
    ids = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {(attributes["href"] or "")[1:] for tag, attributes in reader.tags if tag == "a"} == {
        "C11",
        "changed_invoices",
        "unknown_customers",
    }
    assert {"C11", "changed_invoices", "unknown_customers"} <= set(ids)


def test_the_banner_is_red_when_something_fails_and_names_it() -> None:
    reader = read(render_page(model()))
    assert banner(reader) == "banner fail"
    assert "1 control failed" in reader.texts


def test_the_banner_is_green_when_every_control_holds() -> None:
    reader = read(render_page(model(passing())))
    assert banner(reader) == "banner pass"
    assert "Every control holds" in reader.texts


@pytest.mark.parametrize("rows", [[], [control("C05", "SKIPPED")]])
def test_the_banner_is_red_when_nothing_was_checked(rows: list[dict[str, str | None]]) -> None:
    reader = read(render_page(model(rows)))
    assert banner(reader) == "banner fail"
    assert "Nothing was checked" in reader.texts


def test_users_text_is_text() -> None:
    page = render_page(dataclasses.replace(model(), workspace="</title><script>alert(1)</script>"))
    reader = read(page)
    assert HOSTILE in reader.texts
    assert RIGHT_TO_LEFT in reader.texts
    assert CONTROL_CHARACTER.replace("\x07", "␇") in reader.texts
    assert "</title><script>alert(1)</script>" in reader.texts
    assert "script" not in {tag for tag, _ in reader.tags}
    assert element("td", '"', class_='"') == '<td class="&quot;">&quot;</td>'


def test_names_keep_their_writing_direction() -> None:
    assert f"<bdi>{RIGHT_TO_LEFT}</bdi>" in render_page(model())


def test_every_digit_is_on_the_page() -> None:
    text = read(render_page(model())).texts
    assert grouped(str(WIDE)) == "12,345,678,901,234,567.89012345678901234567891234"
    assert grouped(str(WIDE)) in text
    assert "1,234,560.89" in text


@pytest.mark.parametrize(
    ("plain", "shown"),
    [
        ("0", "0"),
        ("999", "999"),
        ("1000", "1,000"),
        ("-1000.1000", "-1,000.1000"),
        ("1234567890123456789012345678901234567890", "1,234,567,890,123,456,789,012,345,678,901,234,567,890"),
        ("0.1234567", "0.1234567"),
        ("-0.00", "0.00"),
        ("1e5", "1e5"),
        ("١٢٣٤", "١٢٣٤"),
        ("9f2c", "9f2c"),
    ],
)
def test_thousands_are_separated_and_nothing_else_changes(plain: str, shown: str) -> None:
    assert grouped(plain) == shown


def test_a_picture_cuts_digits_visibly_and_never_rounds() -> None:
    assert brief(Decimal("0.9999999")) == "0.999999…"
    assert brief(Decimal("-1234.500000000")) == "-1,234.5"
    assert brief(10**15) == "1,000,000,000,000,000"


def test_a_control_shows_its_sides_its_reason_and_its_query() -> None:
    row = control(
        "C07", "FAIL", scope="EUR", left="10", right="9.5", diff="0.5", tolerance="0.005", query="SELECT 1 < 2"
    )
    reader = read(render_page(model([row])))
    assert {"C07", "Control C07", "EUR", "lines", "10", "9.5", "0.5", "tolerated: 0.005", "Fail"} <= set(reader.texts)
    assert {"What C07 compares must be equal.", "SELECT 1 < 2"} <= set(reader.texts)


def test_what_fails_is_shown_before_what_holds_and_the_rest_is_counted() -> None:
    rows = [control("C07", "PASS", scope=f"p{number:02d}") for number in range(20)]
    rows += [control("C07", "FAIL", scope=f"z{number:02d}") for number in range(30)]
    texts = read(render_page(model(rows))).texts
    assert [text for text in texts if re.fullmatch(r"z[0-9]{2}", text)] == [f"z{number:02d}" for number in range(30)]
    assert [text for text in texts if re.fullmatch(r"p[0-9]{2}", text)] == [f"p{number:02d}" for number in range(8)]
    assert texts.index("z29") < texts.index("p00")
    assert "12 more with status “pass”; they are in controls.parquet." in texts


def test_each_exception_class_has_its_first_rows_and_names_its_file() -> None:
    texts = read(render_page(model())).texts
    assert "45 rows, the first 20 shown; all of them in " in texts
    assert {"unknown_customers.parquet", "changed_invoices.parquet", "2026-10-01 12:00:01.000500Z"} <= set(texts)
    assert "19,000" in texts and "20,000" not in texts
    assert "Without a row: Unrated." in texts
    assert "x" * 300 + "…" in texts


def test_bars_of_a_day_add_up_to_its_events() -> None:
    table = pa.Table.from_pylist(
        [
            {"day": date(2026, 10, 3), "bucket": "billed", "events": 60},
            {"day": date(2026, 10, 1), "bucket": "billed", "events": 100},
            {"day": date(2026, 10, 1), "bucket": "unrated", "events": 25},
            {"day": date(2026, 10, 1), "bucket": "made_up", "events": 75},
        ]
    )
    picture = stacked_days(table)
    rects = re.findall(r'<rect x="([0-9.]+)" y="([0-9.]+)" width="[0-9.]+" height="([0-9.]+)" fill="([^"]+)">', picture)
    heights = [Decimal(height) for _, _, height, _ in rects]
    assert len({x for x, *_ in rects}) == 2
    assert heights[:3] == [heights[1] * 4, heights[1], heights[1] * 3], "1 October: 100, 25 and 75 events"
    assert Decimal(rects[0][1]) == Decimal(rects[1][1]) + heights[1], "one bar stands on the other"
    assert "2026-10-01, made_up: 75 of 200 events" in picture
    assert len({colour for *_, colour in rects}) == 3


def test_amounts_in_two_currencies_share_no_table() -> None:
    page = render_page(model())
    reader = read(page)
    assert reader.texts.count("EUR") == 2 and reader.texts.count("USD (cents)") == 3
    assert "4 others" in reader.texts


def test_a_period_without_figures_says_so() -> None:
    bare = dataclasses.replace(model(), figures={"events_per_day": figures()["events_per_day"].slice(0, 0)}, details={})
    texts = read(render_page(bare)).texts
    assert texts.count("Nothing to show for this period.") == 4
    assert "There is no class of exceptions to list." in texts


def test_the_same_model_gives_the_same_bytes_in_any_process(tmp_path: Path) -> None:
    write_page(model(), tmp_path / "here.html")
    program = (
        "import sys; from pathlib import Path; from engine.reports.reconcile.page import write_page; "
        "from tests.reconcile.made_up import model; write_page(model(), Path(sys.argv[1]))"
    )
    there = tmp_path / "there.html"
    environment = {**os.environ, "PYTHONHASHSEED": "77", "PYTHONPATH": str(ROOT), "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    subprocess.run([sys.executable, "-c", program, str(there)], check=True, env=environment, cwd=ROOT)
    assert (tmp_path / "here.html").read_bytes() == there.read_bytes()


def test_markup_escapes_what_is_not_markup() -> None:
    assert escaped("a & b\x00") == "a &amp; b␀"
    assert element("i", element("b", "<")) == "<i><b>&lt;</b></i>"
    assert element("p", title=None) == "<p></p>"
