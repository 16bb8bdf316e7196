"""Every SQL metric that the oracle knows, each with a hand-written equivalent."""

from __future__ import annotations

from tests.oracle.metering import SqlFunction
from tests.oracle.sql_arithmetic import ARITHMETIC
from tests.oracle.sql_groups import GROUPS
from tests.oracle.sql_joins import JOINS
from tests.oracle.sql_metric import SqlMetric
from tests.oracle.sql_order import ORDER
from tests.oracle.sql_texts import TEXTS

ALL: tuple[SqlMetric, ...] = (*GROUPS, *ORDER, *ARITHMETIC, *TEXTS, *JOINS)

#: What `rating.bill` uses unless told otherwise.
SQL_FUNCTIONS: dict[str, SqlFunction] = {metric.name: metric.rows for metric in ALL}
