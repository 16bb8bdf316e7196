"""Each kind of file: what it is read as, and where its mistakes are reported."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from engine.catalog.json_files import read_json
from engine.catalog.load import read_catalog
from engine.catalog.strict_yaml import read_yaml
from engine.errors import CatalogError
from tests.catalog.written import GOOD, loaded, said

METRIC = """\
/* @metric
name: active
group_keys: [[region]]
unit: day
@metric */
SELECT properties.region AS region, count(*) AS value -- days
FROM events GROUP BY ALL
"""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-5", -5),
        ("0.1", Decimal("0.1")),
        (".5", Decimal("0.5")),
        ("1e3", Decimal("1000")),
        ("12345678901234567890.5", Decimal("12345678901234567890.5")),
        ("true", True),
        ("false", False),
        ("", None),
        ("null", None),
        ("~", None),
        ("NO", "NO"),
        ("no", "no"),
        ("yes", "yes"),
        ("True", "True"),
        ("12:30:00", "12:30:00"),
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("1_000", "1_000"),
        ("0x10", "0x10"),
        ("007", "007"),
        ("+5", "+5"),
        ("5.", "5."),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("'5'", "5"),
        ('"true"', "true"),
        ("-", [None]),
    ],
)
def test_yaml_scalar(text: str, value: object) -> None:
    found = read_yaml("f", f"k: {text}" if text != "-" else "k:\n- ").content
    assert found == {"k": value}
    assert isinstance(found, dict)
    assert type(found["k"]) is type(value)


def test_yaml_keys_are_text_and_anchors_are_followed() -> None:
    assert read_yaml("f", "no: &a [1]\n5: *a\n").content == {"no": [1], "5": [1]}


def test_yaml_anchor_inside_itself_is_refused() -> None:
    with pytest.raises(CatalogError, match="f:1:4: an anchor contains itself"):
        read_yaml("f", "k: &a [*a]\n")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[" * 2000 + "]" * 2000, "f:1:1: nested too deeply"),
        ("a: 1\n---\nb: 2\n", "f:2:1: not valid YAML: expected a single document"),
        ("a: *x\n", "f:1:4: not valid YAML: found undefined alias"),
        ("a: \x01\n", "f: not valid YAML: unacceptable character #x0001: control characters are not allowed in"),
        ("? [a]\n: 1\n", "f:1:3: a key must be text; quote it"),
    ],
)
def test_yaml_mistakes(text: str, problem: str) -> None:
    with pytest.raises(CatalogError) as caught:
        read_yaml("f", text)
    assert str(caught.value).startswith(problem)


def test_yaml_block_text_is_located_at_its_first_line() -> None:
    document = read_yaml("f", "a:\n  sql: |\n\n    SELECT 1\n")
    assert document.locate(("a", "sql")) == (3, 5)
    assert document.locate(("a", "sql"), key=True) == (2, 3)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a": 1,\n "b": {"c": 1, "c": 2}}', "f:2:16: key 'c' is given twice; keep one of them"),
        ('{"a": 1,\n "b" 2}', "f:2:6: not valid JSON: Expecting ':' delimiter"),
        ('{"a": NaN}', "f:1:1: not valid JSON: NaN is not a number"),
        ("", "f:1:1: not valid JSON: Expecting value"),
    ],
)
def test_json_mistakes(text: str, problem: str) -> None:
    with pytest.raises(CatalogError) as caught:
        read_json("f", text)
    assert str(caught.value) == problem


def test_json_numbers_are_exact_and_values_are_located() -> None:
    document = read_json("f", '{"a": [1, 0.1, 12345678901234567890.123456789012345678],\n "b\\"": {"c": "x"}}')
    assert document.content == {
        "a": [1, Decimal("0.1"), Decimal("12345678901234567890.123456789012345678")],
        'b"': {"c": "x"},
    }
    assert document.locate(("a", 1)) == (1, 11)
    assert document.locate(('b"', "c")) == (2, 15)
    assert document.locate(('b"', "c"), key=True) == (2, 10)
    assert document.locate(('b"', "absent")) == (2, 9)


def test_json_lines(tmp_path: Path) -> None:
    lines = '{"name": "A", "ingest_aliases": ["\\u2028", "b"]}\r\n\n{"name": "B",  "ingest_alias": 1}\n'
    assert said(tmp_path, {"catalog/customers.2026.jsonl": lines}) == [
        "catalog/customers.2026.jsonl:3:16: unknown key 'ingest_alias'; did you mean 'ingest_aliases'?"
    ]


def test_json_lines_reports_every_bad_line(tmp_path: Path) -> None:
    assert said(tmp_path, {"catalog/customers.jsonl": '{"name"}\n{"name": "A"}\n{"a": 1, "a": 2}\n'}) == [
        "catalog/customers.jsonl:1:8: not valid JSON: Expecting ':' delimiter",
        "catalog/customers.jsonl:3:10: key 'a' is given twice; keep one of them",
    ]


def test_json_lines_file_is_named_after_its_section(tmp_path: Path) -> None:
    assert said(tmp_path, {"catalog/customer.jsonl": '{"name": "A"}'}) == [
        "catalog/customer.jsonl: the file is named after no section ('customer'); did you mean 'customers'?"
    ]


def test_price_seed(tmp_path: Path) -> None:
    seed = (
        "product,starting_at,ending_before,entitled,price,model\n"
        'Tokens,2026-02-01T00:00:00Z,,false,12345678901234567890.123456789012345678,"a,b"\n'
        "Tokens,2026-02-01T00:00:00Z,2026-03-01T00:00:00Z,,0.5,\n"
    )
    exact, default = loaded(tmp_path, {"catalog/c.yml": GOOD, "catalog/rates/List.csv": seed}).rates[1:]
    assert exact.price == Decimal("12345678901234567890.123456789012345678")
    assert (exact.entitled, exact.pricing_group_values) == (False, (("model", "a,b"),))
    assert (default.entitled, default.rate_type, default.pricing_group_values) == (True, "FLAT", ())


def test_price_seed_mistakes_are_reported_at_their_cell(tmp_path: Path) -> None:
    seed = (
        "product,starting_at,price,modl\n"
        'Tokens,2026-02-01T00:00:00Z,1.5,"a,b"\n'
        'Tokens,2026-02-01T00:00:00Z,"1,5",\n'
        "Tokens,2026-02-01,1,\n"
    )
    assert said(tmp_path, {"catalog/c.yml": GOOD, "catalog/rates/List.csv": seed}) == [
        "catalog/rates/List.csv:2:1: pricing_group_values lack model of product 'Tokens'; "
        "give every pricing key, or none of them",
        "catalog/rates/List.csv:2:33: 'modl' is not a pricing_group_key of product 'Tokens'; did you mean 'model'?",
        "catalog/rates/List.csv:3:29: price: expected a number, found the text '1,5'; write it like 1200 or 0.015",
        "catalog/rates/List.csv:4:8: starting_at: '2026-02-01' is not an RFC 3339 timestamp "
        "such as 2026-10-01T00:00:00Z",
    ]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["catalog/r.csv: no header line; start with product,starting_at,price"]),
        ("product,starting_at,Price\n", ["catalog/r.csv:1:1: column 'price' is missing; did you mean 'Price'?"]),
        (
            "product,starting_at,price,price\na,b\n",
            [
                "catalog/r.csv:1:27: column 'price' is given twice; keep one of them",
                "catalog/r.csv:2:1: a row of 2 cells under a header of 4; quote a cell that holds a comma",
            ],
        ),
    ],
)
def test_malformed_price_seed(tmp_path: Path, text: str, problems: list[str]) -> None:
    assert said(tmp_path, {"catalog/r.csv": text}) == problems


def test_nothing_is_wrong_with_the_text_that_the_mistakes_are_made_in(tmp_path: Path) -> None:
    assert said(tmp_path, {"catalog/c.yml": GOOD}) == []


def test_metric_file(tmp_path: Path) -> None:
    (metric,) = loaded(tmp_path, {"metrics_sql/active.sql": METRIC}).billable_metrics
    assert (metric.name, metric.group_keys, metric.unit, metric.sql) == ("active", (("region",),), "day", METRIC)
    assert metric.source is not None
    assert (metric.source.file, metric.source.line, metric.source.column) == ("metrics_sql/active.sql", 1, 1)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "SELECT 1",
            "1:1: no @metric header block at the start; start with /* @metric, then name: ..., then @metric */",
        ),
        ("/* @metric\nnam: x\n@metric */", "2:1: unknown key 'nam' in @metric; did you mean 'name'?"),
        ("/* @metric\nunit: x\n@metric */", "2:1: missing key 'name'; add it"),
        ("/* @metric\nname: 5\n@metric */", "2:7: name: expected text, found the number 5; put it in quotes"),
        ("/* @metric @metric */", "1:1: the @metric header is not a mapping; add name: ..."),
    ],
)
def test_metric_file_mistakes(tmp_path: Path, text: str, problem: str) -> None:
    assert said(tmp_path, {"metrics_sql/m.sql": text}) == [f"metrics_sql/m.sql:{problem}"]


def test_shared_metric_folder_is_named_relative_to_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "m.sql").write_text("SELECT 1")
    (tmp_path / "ws").mkdir()
    _, problems = read_catalog(tmp_path / "ws", extra_metric_dirs=(tmp_path / "shared",))
    assert [problem.file for problem in problems] == ["../shared/m.sql"]


def test_a_file_that_cannot_be_read_does_not_make_its_references_wrong(tmp_path: Path) -> None:
    broken = "products:\n  - name: P\n    name: Q\n"
    using = "rates:\n  - {rate_card: L, product: P, starting_at: x}\n"
    assert said(tmp_path, {"catalog/a.yml": broken, "catalog/b.yml": using, "catalog/c.json": "["}) == [
        "catalog/a.yml:3:5: key 'name' is given twice; keep one of them",
        "catalog/b.yml:2:5: missing key 'entitled'; add it",
        "catalog/b.yml:2:5: missing key 'rate_type'; add it",
        "catalog/b.yml:2:45: starting_at: 'x' is not an RFC 3339 timestamp such as 2026-10-01T00:00:00Z",
        "catalog/c.json:1:2: not valid JSON: Expecting value",
    ]


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "a.yml").write_bytes(b"products: \xff")
    assert said(tmp_path, {}) == ["catalog/a.yml: not UTF-8 at byte 10; save the file as UTF-8"]
