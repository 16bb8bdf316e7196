"""The legend of the picture of events by day: each bucket with its events and a small plot on a scale of its own."""

from __future__ import annotations

import polars as pl
import pyarrow as pa

from engine.reports.reconcile.markup import Markup, element, isolated, joined
from engine.reports.reconcile.number_text import grouped
from engine.reports.reconcile.pictures import buckets_of, colour_of, events_by_day

#: The name that the table's styles go by; left to itself, great_tables makes one up at random.
TABLE_ID = "events-by-bucket"

_INK, _LINE, _PALE = "#16191d", "#16191d", "#eceef0"


def bucket_table(events_per_day: pa.Table) -> Markup:
    """One row a bucket, so that a handful of unbilled events shows beside millions of billed ones.

    Raises ImportError when the extra `reports` is not installed.
    """
    from great_tables import GT, nanoplot_options, style
    from great_tables import loc as place

    _, counts = events_by_day(events_per_day)
    buckets = buckets_of(events_per_day)
    frame = pl.DataFrame(
        {
            "bucket": buckets,
            "events": [grouped(str(sum(counts[bucket]))) for bucket in buckets],
            "by_day": [counts[bucket] for bucket in buckets],
        }
    )
    bare = nanoplot_options(
        data_bar_fill_color="#5b7f99",
        data_bar_stroke_width=0,
        interactive_data_values=False,
        show_vertical_guides=False,
        show_y_axis_guide=False,
    )
    table = (
        GT(frame, id=TABLE_ID)
        .cols_label(bucket="What became of them", events="Events", by_day="By day")
        .fmt(_named, columns="bucket")
        .fmt_nanoplot("by_day", plot_type="bar", options=bare, alt="Bars by day, on a scale of this row's own")
        .cols_align("left", ["bucket", "by_day"])
        .cols_align("right", "events")
        .tab_style(style.text(size="14px"), place.body())
        .tab_options(
            table_width="100%",
            table_font_names=["system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"],
            table_font_color=_INK,
            table_border_top_style="none",
            table_border_bottom_style="none",
            column_labels_font_size="12px",
            column_labels_font_weight="600",
            column_labels_border_top_style="none",
            column_labels_border_bottom_color=_LINE,
            column_labels_border_bottom_width="1px",
            table_body_border_bottom_style="none",
            table_body_hlines_color=_PALE,
            data_row_padding="3px",
            data_row_padding_horizontal="0px",
            column_labels_padding_horizontal="0px",
        )
    )
    return element("div", Markup(table.as_raw_html()), class_="wide")


def _named(bucket: str) -> Markup:
    """The name of a bucket beside its colour."""
    return joined((element("span", class_="swatch", style=f"background:{colour_of(bucket)}"), isolated(bucket)))
