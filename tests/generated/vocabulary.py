"""The words that generated catalogs and events have in common, so that usage meets prices often."""

from __future__ import annotations

EVENT_TYPES = ("api_call", "heartbeat", "API_CALL")

#: Properties that can be group keys, with the values that events carry. Names and values differ by case on purpose.
DIMENSIONS: dict[str, tuple[str, ...]] = {
    "region": ("us", "eu", "US"),
    "model": ("small", "large é"),
    "user_id": ("u1", "u2", "u3"),
    "resource.hardware": ("cpu", "gpu"),
}

#: Properties that are aggregated; `tokens` and `Tokens` are two properties.
MEASURES = ("tokens", "Tokens", "storage", "usage.tokens")

#: A property that is mostly inside an object inside an object, and the texts that its values have.
PLAN = "meta.plan.tier"
PLANS = ("gold", "1.10", "true")

#: Values of `status`, as JSON: text, a number with a trailing zero, a boolean, the empty text.
STATUSES = ("ok", "1.10", "true", "")

TAGS = ("ai", "infra", "beta")

PRICES = ("0", "1", "0.5", "2.25", "12.5", "99", "0.0001", "0.333333", "0.000001", "1000")
MULTIPLIERS = ("0", "0.8", "0.9", "0.85", "1", "1.25", "0.333")
TIER_SIZES = ("1", "5", "10", "2.5", "100", "0.1")
