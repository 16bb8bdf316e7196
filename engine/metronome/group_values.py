"""Group values as the columns of an export spell them."""

from __future__ import annotations

import json


def group_values(text: str | None) -> dict[str, str | None]:
    """The group values of a JSON column: an array of names and values, or an object; none for NULL.

    Raises ValueError for other JSON.

    >>> group_values('[{"name": "region", "value": "eu"}]')
    {'region': 'eu'}
    >>> group_values('{"region": "eu"}'), group_values(None)
    ({'region': 'eu'}, {})
    """
    found = json.loads(text) if text else {}
    try:
        pairs = found.items() if isinstance(found, dict) else [(pair["name"], pair["value"]) for pair in found]
    except (TypeError, KeyError) as error:
        raise ValueError(f"{text} holds no group values") from error
    return {str(name): None if value is None else str(value) for name, value in pairs}
