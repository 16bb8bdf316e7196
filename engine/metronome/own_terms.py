"""What a catalog object has that the documented columns of its row cannot hold: the column `duckbill_terms`.

It names the keys of the request body that documented columns give wrongly or not at all: each with what they give,
`documented`, and what is right, `exact`; one of the two is left out where there is nothing. Keys inside an object are
named inside it. Who reads takes the exact value only where the documented columns still give what they gave: whoever
changes a documented column has changed the object.
"""

from __future__ import annotations

from engine.metronome.request_body import Body

_DOCUMENTED, _EXACT = "documented", "exact"

#: Keys whose values are the user's own mappings.
_MAPPINGS = frozenset({"custom_fields", "pricing_group_values", "presentation_group_values"})


def terms_beyond(documented: Body, given: Body, full: Body) -> Body:
    """What `given` has, or has not, unlike the body that documented columns give; empty if they are alike.

    `full` is `given` with defaults: it makes no difference whether one of them is said.
    """
    terms: Body = {}
    for key in sorted(documented.keys() | given.keys()):
        there, here = documented.get(key), given.get(key)
        default = full.get(key)
        if key not in _MAPPINGS and isinstance(there, dict) and isinstance(here or default, dict):
            inner = terms_beyond(there, here or {}, default or {})
            if inner:
                terms[key] = inner
        elif key not in given and there == default:
            continue
        elif there != here:
            terms[key] = {_DOCUMENTED: there} if here is None else _pair(there, here)
    return terms


def _pair(there: object, here: object) -> Body:
    return {_EXACT: here} if there is None else {_DOCUMENTED: there, _EXACT: here}


def with_terms(documented: Body, terms: Body | None) -> Body:
    """The body that was exported, as far as documented columns still say what they said then."""
    body = dict(documented)
    for key, term in (terms or {}).items():
        if not term.keys() <= {_DOCUMENTED, _EXACT}:
            inner = body.get(key)
            if isinstance(inner, dict):
                body[key] = with_terms(inner, term)
        elif body.get(key) == term.get(_DOCUMENTED):
            body.pop(key, None)
            if _EXACT in term:
                body[key] = term[_EXACT]
    return body
