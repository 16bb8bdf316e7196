"""The numeric profile in SQL is what `engine.values.numbers` says of each value."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from engine.events.land import LandingLimits
from engine.values.numbers import MAX_SIDE_DIGITS, NUMBER, PLAIN_NUMBER, NumberProfile, plain_text
from tests.events.conftest import Lake


def expected(texts: Sequence[str], *, in_struct: bool) -> NumberProfile:
    plain = [plain_text(text) for text in texts]
    sides = [number.removeprefix("-").partition(".") for number in plain if number is not None]
    regular = [
        number is not None and PLAIN_NUMBER.fullmatch(text) is not None and len(text) <= MAX_SIDE_DIGITS
        for text, number in zip(texts, plain, strict=True)
    ]
    return NumberProfile(
        values=len(texts),
        integer_digits=max((len(whole) for whole, _, _ in sides), default=0),
        fraction_digits=max((len(fraction) for _, _, fraction in sides), default=0),
        irregular=sum(number is not None for number in plain) - sum(regular),
        not_numbers=plain.count(None),
        in_struct=in_struct,
        in_other=not in_struct,
    )


def random_text(dice: random.Random) -> str:
    digits = "".join(dice.choice("00123456789") for _ in range(dice.randrange(1, dice.choice([3, 8, 45]))))
    fraction = "".join(dice.choice("00123456789") for _ in range(dice.randrange(0, 8)))
    number = dice.choice(["", "", "-", "+"]) + digits + dice.choice(["", "", f".{fraction}"])
    return number + dice.choice([""] * 6 + [f"e{dice.randrange(-5, 20)}", " ", "x", "E+3", "e99999", "e-101"])


def test_profiles_of_random_values(lake: Lake, line: Callable[..., str]) -> None:
    dice = random.Random(3)
    names = ["a", "b", "c", "d", "e", "A"]
    # Few values a property, so that each profile is decided by a few of them and all kinds of profile occur.
    sent = {f"{name}{n}": [random_text(dice) for _ in range(4)] for n in range(40) for name in names}
    sent["edge0"] = ["9" * 100, "9" * 101, "0" * 150, "1." + "0" * 200, "00012", "-0.0", "0", "", "٣", "-", "1e400"]
    sent["edge1"] = ["9" * 101, "1e100", "1e99", "-.5", "5.", "."]
    lines = [line(f"{name}-{n}", {name: text}) for name, texts in sent.items() for n, text in enumerate(texts)]
    lake.land_lines(*lines, limits=LandingLimits(property_fields=100))
    profiles = lake.snapshot().profiles()
    fields = set(lake.snapshot().property_fields)
    assert 0 < len(fields) < len(sent)
    for name, texts in sent.items():
        assert profiles[name] == expected(texts, in_struct=name in fields), (name, texts)
    assert any(profile.all_plain for profile in profiles.values())
    assert all(NUMBER.fullmatch(text) is None for text in ("٣", ".", "-"))
