-- The exact arithmetic and the spellings that the rating stages share. Whole numbers here are HUGEINT counts of a
-- product's smallest unit; their products overflow loudly, and the stages turn that into a parked contract.

-- A product's quantity conversion. Without a divisor the multiplier alone is exact; quotient_magnitude is the one
-- division of engine/executors/macros.sql.
CREATE OR REPLACE TEMP MACRO convert_quantity(value, multiplier, divisor) AS
    CASE WHEN divisor IS NULL THEN value * multiplier
        ELSE sign(value) * quotient_magnitude(abs(value) * multiplier, divisor)
    END;

-- To a whole multiple of `unit`: up is toward plus infinity, down toward minus infinity, half away from zero.
CREATE OR REPLACE TEMP MACRO round_quantity(value, method, unit) AS
    CASE method
        WHEN 'ROUND_UP' THEN value + ((-value) % unit + unit) % unit
        WHEN 'ROUND_DOWN' THEN value - (value % unit + unit) % unit
        WHEN 'ROUND_HALF_UP' THEN sign(value) * ((abs(value) * 2 + unit) // (unit * 2)) * unit
        ELSE value
    END;

-- A whole number of some unit as a decimal, exactly.
CREATE OR REPLACE TEMP MACRO in_units(whole, unit) AS whole::DECIMAL(38, 0) * unit;

-- A number as it is, or NULL when it has more whole digits than a published one.
CREATE OR REPLACE TEMP MACRO publishable(number) AS
    CASE WHEN try_cast(number AS DECIMAL(38, 18)) IS NOT NULL THEN number END;

-- A number with 18 places, exactly; NULL when it has more of them, or more whole digits than a published one.
CREATE OR REPLACE TEMP MACRO exactly_18(number) AS
    CASE WHEN try_cast(try_cast(number AS DECIMAL(38, 18)) AS DECIMAL(38, 26)) = number::DECIMAL(38, 26)
        THEN try_cast(number AS DECIMAL(38, 18))
    END;

-- x times y, both with at most 18 places, exactly as an amount; NULL when that takes more than 26 places or more whole
-- digits than an amount has. DuckDB multiplies decimals by their types, so the places are dealt out in every way: the
-- first way in which neither number loses a digit gives the product. CASE keeps DuckDB from casting in every way before
-- it tries the first.
CREATE OR REPLACE TEMP MACRO multiplied_as(x, y, narrow_x, narrow_y) AS
    CASE WHEN narrow_x::DECIMAL(38, 18) = x AND narrow_y::DECIMAL(38, 18) = y
        THEN try_cast(try(narrow_x * narrow_y) AS DECIMAL(38, 26))
    END;
CREATE OR REPLACE TEMP MACRO exact_product(x, y) AS CASE WHEN x IS NOT NULL AND y IS NOT NULL THEN coalesce(
    multiplied_as(x::DECIMAL(38, 18), y::DECIMAL(38, 18), try_cast(x AS DECIMAL(38, 18)), try_cast(y AS DECIMAL(38, 8))),
    multiplied_as(x::DECIMAL(38, 18), y::DECIMAL(38, 18), try_cast(x AS DECIMAL(38, 17)), try_cast(y AS DECIMAL(38, 9))),
    multiplied_as(x::DECIMAL(38, 18), y::DECIMAL(38, 18), try_cast(x AS DECIMAL(38, 16)), try_cast(y AS DECIMAL(38, 10))),
    multiplied_as(x::DECIMAL(38, 18), y::DECIMAL(38, 18), try_cast(x AS DECIMAL(38, 15)), try_cast(y AS DECIMAL(38, 11))),
    multiplied_as(x::DECIMAL(38, 18), y::DECIMAL(38, 18), try_cast(x AS DECIMAL(38, 14)), try_cast(y AS DECIMAL(38, 12))),
    multiplied_as(x::DECIMAL(38, 18), y::DECIMAL(38, 18), try_cast(x AS DECIMAL(38, 13)), try_cast(y AS DECIMAL(38, 13))),
    multiplied_as(x::DECIMAL(38, 18), y::DECIMAL(38, 18), try_cast(x AS DECIMAL(38, 12)), try_cast(y AS DECIMAL(38, 14))),
    multiplied_as(x::DECIMAL(38, 18), y::DECIMAL(38, 18), try_cast(x AS DECIMAL(38, 11)), try_cast(y AS DECIMAL(38, 15))),
    multiplied_as(x::DECIMAL(38, 18), y::DECIMAL(38, 18), try_cast(x AS DECIMAL(38, 10)), try_cast(y AS DECIMAL(38, 16))),
    multiplied_as(x::DECIMAL(38, 18), y::DECIMAL(38, 18), try_cast(x AS DECIMAL(38, 9)), try_cast(y AS DECIMAL(38, 17))),
    multiplied_as(x::DECIMAL(38, 18), y::DECIMAL(38, 18), try_cast(x AS DECIMAL(38, 8)), try_cast(y AS DECIMAL(38, 18)))
) END;

-- Group values in text: as name=value pairs to search, and as a JSON object in key order to show.
CREATE OR REPLACE TEMP MACRO named_values(names, group_values) AS
    list_transform(list_zip(names, group_values), lambda pair : pair[1] || chr(31) || pair[2]);
CREATE OR REPLACE TEMP MACRO json_of(names, group_values) AS
    '{' || array_to_string(list_transform(list_zip(names, group_values), lambda pair :
        to_json(pair[1]) || ':' || coalesce(to_json(pair[2])::VARCHAR, 'null')), ',') || '}';

-- An instant in the one spelling that ids are made from.
CREATE OR REPLACE TEMP MACRO instant_text(moment) AS strftime(moment, '%Y-%m-%dT%H:%M:%S.%fZ');

-- The UUIDv5 of engine/values/ids.py, for whole columns at once.
CREATE OR REPLACE TEMP MACRO uuid5_of_digest(digest) AS
    substring(digest, 1, 8) || '-' || substring(digest, 9, 4) || '-5' || substring(digest, 14, 3) || '-'
        || substring('89ab89ab89ab89ab', instr('0123456789abcdef', substring(digest, 17, 1)), 1)
        || substring(digest, 18, 3) || '-' || substring(digest, 21, 12);
CREATE OR REPLACE TEMP MACRO derived_id(kind, parts) AS
    uuid5_of_digest(sha1(
        from_hex('6f7bd1b09a0f5f0c8a55d0cb111d0001') || encode(kind || chr(31) || array_to_string(parts, chr(31)))
    ));

-- n / d for whole numbers that are not negative, d above zero. Exactly, in units of 10^-18, or NULL when it has more
-- places; or rounded once to units of 10^-places, where places below zero are tens, hundreds and so on.
CREATE OR REPLACE TEMP MACRO exact_quotient(n, d) AS
    CASE WHEN power_of_ten(18) % d = 0 THEN n * (power_of_ten(18) // d) END;
CREATE OR REPLACE TEMP MACRO rounded_quotient(n, d, method, places) AS
    list_transform(list_transform([struct_pack(
        whole := n,
        divisor := d * power_of_ten(greatest(-places, 0)),
        unit := power_of_ten(greatest(places, 0)),
        method := method
    )], lambda s : struct_pack(
        quotient := (s.whole // s.divisor) * s.unit + ((s.whole % s.divisor) * s.unit) // s.divisor,
        remainder := ((s.whole % s.divisor) * s.unit) % s.divisor,
        divisor := s.divisor,
        method := s.method
    )), lambda s : CASE s.method
        WHEN 'HALF_UP' THEN s.quotient + CASE WHEN s.remainder >= s.divisor - s.remainder THEN 1 ELSE 0 END
        WHEN 'CEILING' THEN s.quotient + CASE WHEN s.remainder > 0 THEN 1 ELSE 0 END
        WHEN 'FLOOR' THEN s.quotient
    END)[1];

-- A whole number of 10^-places as a decimal of 18 places, exactly; NULL when it has more.
CREATE OR REPLACE TEMP MACRO in_places(whole, places) AS
    CASE WHEN places <= 18
        THEN in_units(whole * power_of_ten(18 - places), 0.000000000000000001::DECIMAL(18, 18))
    END;

-- The quantity that a part of an amount stands for: amount / unit price, both above zero, to 12 places half away from
-- zero. Unit prices stay below 10^16, so that no step leaves the range of whole numbers.
CREATE OR REPLACE TEMP MACRO covered_quantity(amount, unit_price) AS
    list_transform([struct_pack(
        amount := unscaled(amount::DECIMAL(38, 26)), price := unscaled(unit_price::DECIMAL(38, 18))
    )], lambda s : in_places(
        (s.amount // s.price) * 10000 + ((s.amount % s.price) * 10000 + s.price // 2) // s.price, 12
    ))[1];

-- What of several overrides comes first, the smallest: overwrites, the last added before others; then by the contract's
-- scheme the smallest priority or multiplier, and again the last added (spec/rating.md §5.2, §17 Q8).
CREATE OR REPLACE TEMP MACRO override_precedence(scheme, override_type, priority, multiplier, override_no) AS row(
    CASE override_type WHEN 'OVERWRITE' THEN 0 ELSE 1 END,
    CASE WHEN scheme = 'EXPLICIT' AND override_type <> 'OVERWRITE'
        THEN row(priority IS NULL, coalesce(priority, 0)) ELSE row(false, 0)
    END,
    coalesce(multiplier, 0),
    -override_no
);
