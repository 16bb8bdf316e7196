-- Exact arithmetic on decimals and texts that DuckDB has no function for: `/`, avg and quantile_cont on DECIMAL
-- give DOUBLE, and a cast from text rounds. Compiled metrics call these by name; nothing else spells a division.

-- A decimal as the whole number of its last place: 1.50 is 150. Going through text keeps all 38 digits.
CREATE OR REPLACE TEMP MACRO unscaled(x) AS CAST(replace(CAST(x AS VARCHAR), '.', '') AS HUGEINT);

-- How many decimal places a decimal's type has.
CREATE OR REPLACE TEMP MACRO decimal_places(x) AS length(split_part(CAST(x AS VARCHAR), '.', 2));

CREATE OR REPLACE TEMP MACRO power_of_ten(digits) AS CAST('1' || repeat('0', digits) AS HUGEINT);

-- One step of a long division: `digits` more digits of the quotient, from what remained. Each step is a list of one
-- state under a lambda, because a macro repeats its argument as text wherever it names it.
CREATE OR REPLACE TEMP MACRO division_step(states, unit) AS
    list_transform(states, lambda s : struct_pack(
        quotient := s.quotient * unit + (s.remainder * unit) // s.divisor,
        remainder := (s.remainder * unit) % s.divisor,
        divisor := s.divisor));

-- Half away from zero: the magnitude goes up when twice what remained reaches the divisor.
CREATE OR REPLACE TEMP MACRO division_end(states) AS
    list_transform(states, lambda s :
        s.quotient + CASE WHEN s.remainder >= s.divisor - s.remainder THEN 1 ELSE 0 END)[1];

-- |n / d| in units of 10^-12. Two steps of six digits are exact while d has at most 32 digits, six of two while
-- it has at most 36; past that HUGEINT overflows, which is an error and never a wrong digit.
CREATE OR REPLACE TEMP MACRO division_start(n, d) AS [struct_pack(quotient := n // d, remainder := n % d, divisor := d)];
CREATE OR REPLACE TEMP MACRO quotient_magnitude(n, d) AS
    CASE WHEN d < 100000000000000000000000000000000::HUGEINT
        THEN division_end(division_step(division_step(division_start(n, d), 1000000::HUGEINT), 1000000::HUGEINT))
        ELSE division_end(division_step(division_step(division_step(division_step(division_step(division_step(
            division_start(n, d), 100::HUGEINT), 100::HUGEINT), 100::HUGEINT), 100::HUGEINT), 100::HUGEINT),
            100::HUGEINT))
    END;

CREATE OR REPLACE TEMP MACRO signed_quotient(n, d) AS
    CASE WHEN d = 0 THEN error('a metric divides by zero; write NULLIF(…, 0) around the divisor')
        WHEN (n < 0) = (d < 0) THEN quotient_magnitude(abs(n), abs(d))
        ELSE -quotient_magnitude(abs(n), abs(d)) END;

-- n / d for two whole numbers, as DECIMAL(38, 12), half away from zero at the 12th place.
CREATE OR REPLACE TEMP MACRO whole_quotient(n, d) AS
    list_transform([struct_pack(n := CAST(n AS HUGEINT), d := CAST(d AS HUGEINT))], lambda v :
        CAST(CAST(signed_quotient(v.n, v.d) AS HUGEINT) AS DECIMAL(38, 0))
            * CAST(0.000000000001 AS DECIMAL(12, 12)))[1];

-- numerator / denominator for decimals of any scales, as DECIMAL(38, 12), half away from zero.
CREATE OR REPLACE TEMP MACRO quotient(numerator, denominator) AS whole_quotient(
    unscaled(numerator) * power_of_ten(greatest(decimal_places(denominator) - decimal_places(numerator), 0)),
    unscaled(denominator) * power_of_ten(greatest(decimal_places(numerator) - decimal_places(denominator), 0)));

-- To `places` decimals: up is toward plus infinity, down toward minus infinity, half away from zero.
CREATE OR REPLACE TEMP MACRO round_half_up(x, places) AS round(x, places);
CREATE OR REPLACE TEMP MACRO round_down(x, places) AS
    round(x, places) - CASE WHEN round(x, places) > x THEN round(CAST('1e-' || places AS DECIMAL(38, 18)), places) ELSE 0 END;
CREATE OR REPLACE TEMP MACRO round_up(x, places) AS
    round(x, places) + CASE WHEN round(x, places) < x THEN round(CAST('1e-' || places AS DECIMAL(38, 18)), places) ELSE 0 END;

-- A decimal as text without needless zeros, whatever its scale.
CREATE OR REPLACE TEMP MACRO plain_number(x) AS
    CASE WHEN contains(CAST(x AS VARCHAR), '.') THEN rtrim(rtrim(CAST(x AS VARCHAR), '0'), '.')
        ELSE CAST(x AS VARCHAR) END;

-- A number in text written plainly, or NULL when the text is not a number (the grammar of engine/values/numbers.py).
-- The exponent moves the point over the digits; at most 100 digits may come to stand on either side.
CREATE OR REPLACE TEMP MACRO number_parts(x) AS
    regexp_extract(x, '^([+-]?)([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]{1,4}))?$', ['sign', 'whole', 'fraction', 'exponent']);
CREATE OR REPLACE TEMP MACRO expanded_number(x) AS
    CASE WHEN regexp_full_match(x, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?') THEN
        list_transform(list_transform([number_parts(x)], lambda p : struct_pack(
            sign := CASE WHEN p.sign = '-' THEN '-' ELSE '' END,
            digits := p.whole || p.fraction,
            point := length(p.whole) + CASE WHEN p.exponent = '' THEN 0 ELSE CAST(p.exponent AS INTEGER) END)), lambda q :
            CASE WHEN rtrim(q.digits, '0') = '' THEN '0'
                WHEN q.point - (length(q.digits) - length(ltrim(q.digits, '0'))) > 100
                    OR length(rtrim(q.digits, '0')) - q.point > 100 THEN NULL
                WHEN q.point <= 0 THEN q.sign || '0.' || repeat('0', -q.point) || q.digits
                WHEN q.point >= length(q.digits) THEN q.sign || q.digits || repeat('0', q.point - length(q.digits))
                ELSE q.sign || q.digits[1:q.point] || '.' || q.digits[q.point + 1:] END)[1]
    END;

-- What a compiled metric does with a number from inside a text or JSON that outgrows what was planned for it.
CREATE OR REPLACE TEMP MACRO too_many_digits(x) AS
    error('a metric reads a number with more digits than it can hold exactly: ' || x);

-- Percentiles of a sorted list: the value at share * (n - 1), interpolated exactly; or the first value whose share
-- of the list reaches the one asked for.
CREATE OR REPLACE TEMP MACRO percentile_between(numbers, share) AS
    list_transform(list_transform([list_sort(numbers)], lambda v : struct_pack(
        v := v, at := CAST(len(v) - 1 AS DECIMAL(18, 0)) * share)), lambda s :
        s.v[CAST(floor(s.at) AS BIGINT) + 1] + (s.at - floor(s.at)) * (
            s.v[least(CAST(floor(s.at) AS BIGINT) + 2, len(s.v))] - s.v[CAST(floor(s.at) AS BIGINT) + 1]))[1];
CREATE OR REPLACE TEMP MACRO percentile_at(numbers, share) AS
    list_transform([list_sort(numbers)], lambda v :
        v[greatest(CAST(ceil(CAST(len(v) AS DECIMAL(18, 0)) * share) AS BIGINT), 1)])[1];
