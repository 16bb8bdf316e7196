"""Deduplication: `transaction_id` alone is the key, the first accepted event wins for 34 days of arrival.

The rule is `spec/metering.md` §2.1; the window runs on when the winner arrived, not on when its event happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import sqlglot.expressions as exp

from engine.errors import CorruptFileError
from engine.events.database import one_number
from engine.events.fixed_sql import fixed_sql
from engine.events.property_columns import PropertyColumns

#: How long an accepted id keeps later events out, counted from its arrival.
WINDOW = timedelta(days=34)


def remove_duplicates(
    connection: duckdb.DuckDBPyConnection,
    columns: PropertyColumns,
    accepted_files: Sequence[Path],
    table_fields: Sequence[str],
    since: datetime,
) -> dict[str, int]:
    """Moves repeated events from landing.staged to landing.duplicates; returns how many, by reason.

    `accepted_files` may hold events accepted after `since`; `table_fields` are the struct fields of the table.
    """
    files = [str(path) for path in accepted_files]
    try:
        if files:
            connection.execute(fixed_sql("earlier"), {"files": files, "since": since})
        else:
            connection.execute(fixed_sql("no_earlier"))
        connection.execute(fixed_sql("repeated"))
        connection.execute(fixed_sql("losers"))
        if not one_number(connection, "SELECT count(*) FROM landing.losers"):
            return {}
        connection.execute(_sent(columns).sql("duckdb"))
        connection.execute(
            _accepted(table_fields, has_files=bool(files)).sql("duckdb"),
            {"files": files, "since": since} if files else {},
        )
    except duckdb.IOException as error:
        raise CorruptFileError(f"an event file cannot be read; run `duckbill verify`: {error}") from error
    connection.execute(fixed_sql("judge_duplicates"))
    connection.execute(fixed_sql("drop_losers"))
    query = "SELECT reason, count(*) FROM landing.duplicates GROUP BY reason ORDER BY reason"
    return dict(connection.execute(query).fetchall())


def _sent(columns: PropertyColumns) -> exp.Create:
    """landing.sent: the full content of the losing lines and of the lines they lost to."""
    entries = [_entry(name, exp.column(columns.column(name))) for name in columns.staged]
    query = exp.select("line_no", "transaction_id", _content(entries)).from_("landing.staged")
    query = query.where("line_no IN (SELECT unnest([line_no, first_line]) FROM landing.losers)", dialect="duckdb")
    return _create("sent", query)


def _accepted(table_fields: Sequence[str], *, has_files: bool) -> exp.Create:
    """landing.accepted: the full content of the winners that landed before."""
    if not has_files:
        return _create("accepted", exp.select("NULL::VARCHAR AS transaction_id", "NULL AS content").limit(0))
    # A field of the table may be in none of these files: the events that had it may have been duplicates themselves.
    widened = exp.cast(exp.column("properties"), _struct_of(table_fields)).as_("properties")
    kept = ("transaction_id", "customer_id", "event_type", "timestamp", "other_properties")
    earlier = exp.select(*kept, widened).from_(
        "read_parquet($files, union_by_name = true, hive_partitioning = false)", dialect="duckdb"
    )
    earlier = earlier.where("transaction_id IN (SELECT transaction_id FROM landing.earlier)")
    earlier = earlier.where("ingested_at >= $since", dialect="duckdb")
    bag = exp.column("properties")
    entries = [
        _entry(name, exp.Anonymous(this="struct_extract", expressions=[bag.copy(), exp.Literal.string(name)]))
        for name in table_fields
    ]
    return _create(
        "accepted", exp.select("transaction_id", _content(entries)).from_(earlier.subquery("earlier_events"))
    )


def _struct_of(fields: Sequence[str]) -> exp.DataType:
    members = [
        exp.ColumnDef(this=exp.to_identifier(name, quoted=True), kind=exp.DataType.build("VARCHAR")) for name in fields
    ]
    return exp.DataType(this=exp.DataType.Type.STRUCT, expressions=members, nested=True)


def _entry(name: str, value: exp.Expr) -> exp.Expr:
    return exp.Struct(
        expressions=[
            exp.PropertyEQ(this=exp.to_identifier("key"), expression=exp.Literal.string(name)),
            exp.PropertyEQ(this=exp.to_identifier("value"), expression=value),
        ]
    )


def _content(entries: list[exp.Expr]) -> exp.Expr:
    kind = exp.DataType.build("STRUCT(key VARCHAR, value VARCHAR)[]", dialect="duckdb")
    listed = exp.cast(exp.Array(expressions=entries), kind)
    sent = exp.Anonymous(this="landing.sent_properties", expressions=[listed, exp.column("other_properties")])
    fields = [exp.column(name) for name in ("customer_id", "event_type", "timestamp")]
    members = [exp.PropertyEQ(this=exp.to_identifier(f.name), expression=f) for f in fields]
    members.append(exp.PropertyEQ(this=exp.to_identifier("sent"), expression=sent))
    return exp.Struct(expressions=members).as_("content")


def _create(name: str, query: exp.Select) -> exp.Create:
    return exp.Create(this=exp.table_(name, db="landing"), kind="TABLE", replace=True, expression=query)
