"""The one grammar for a number in text, and what is known about the numbers of a property.

No float ever appears: text becomes an exact decimal or it is not a number (`spec/metering.md` §17.8,
`spec/reliability.md` §2.1). The same grammar stands once more in SQL, in `engine/metrics/decimals.py`; a test
holds the two together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

#: ASCII only: optional sign, digits with an optional fraction, optional exponent of at most four digits.
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")

#: A number written without plus sign or exponent, with digits on both sides of any point: every engine reads it alike.
PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")

#: The widest exact decimal: DECIMAL(38, s).
MAX_DIGITS = 38

#: A number that needs more digits than this on either side of the point is not a number to duckbill.
MAX_SIDE_DIGITS = 100

#: Decimal places of a quotient that does not terminate within them, rounded half away from zero.
#: An amount has 26 places, so these leave 14 for the unit price: every average can be priced exactly.
QUOTIENT_PLACES = 12


@dataclass(frozen=True, slots=True)
class NumberProfile:
    """What landing saw of one property's values in one or more files (DESIGN §6).

    `integer_digits` and `fraction_digits` are the most that any value needs once written plainly; they count
    only values that are numbers. `irregular` counts numbers that are not plain (a plus sign, an exponent, a
    bare point); `not_numbers` counts everything else. `in_struct` and `in_other` say where the values are kept.
    """

    values: int = 0
    integer_digits: int = 0
    fraction_digits: int = 0
    irregular: int = 0
    not_numbers: int = 0
    in_struct: bool = False
    in_other: bool = False

    def __add__(self, other: NumberProfile) -> NumberProfile:
        return NumberProfile(
            values=self.values + other.values,
            integer_digits=max(self.integer_digits, other.integer_digits),
            fraction_digits=max(self.fraction_digits, other.fraction_digits),
            irregular=self.irregular + other.irregular,
            not_numbers=self.not_numbers + other.not_numbers,
            in_struct=self.in_struct or other.in_struct,
            in_other=self.in_other or other.in_other,
        )

    @property
    def all_plain(self) -> bool:
        """Whether a bare cast of every value to DECIMAL(38, fraction_digits) is exact and cannot fail."""
        return self.irregular == 0 and self.not_numbers == 0


def plain_text(text: str) -> str | None:
    """A number in text as `-?digits[.digits]` without needless zeros, or None when it is not a number.

    >>> plain_text("1.50e3"), plain_text("-.5"), plain_text("1_000")
    ('1500', '-0.5', None)
    """
    if NUMBER.fullmatch(text) is None:
        return None
    number = Decimal(text)
    plain = format(number if number else Decimal(0), "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    whole, _, fraction = plain.removeprefix("-").partition(".")
    if len(whole) > MAX_SIDE_DIGITS or len(fraction) > MAX_SIDE_DIGITS:
        return None
    return plain
