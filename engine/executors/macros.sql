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
    CASE WHEN (n < 0) = (d < 0) THEN quotient_magnitude(abs(n), abs(d)) ELSE -quotient_magnitude(abs(n), abs(d)) END;
CREATE OR REPLACE TEMP MACRO divided_by_zero() AS error('a metric divides by zero');

-- n / d for two whole numbers, as DECIMAL(38, 12), half away from zero at the 12th place; NULL when either is, as SQL
-- says also of NULL / 0. The second is for a divisor that cannot be 0: a call of error makes an expression volatile,
-- which keeps it from being computed for rows that a filter or a join leaves out, and OVER (ORDER BY …) takes none of
-- those. There the second stands for the first, and the database's own error for ours.
CREATE OR REPLACE TEMP MACRO whole_quotient(n, d) AS
    list_transform([struct_pack(n := CAST(n AS HUGEINT), d := CAST(d AS HUGEINT))], lambda v :
        CAST(CAST(CASE WHEN v.d = 0 AND v.n IS NOT NULL THEN divided_by_zero() ELSE signed_quotient(v.n, v.d) END AS HUGEINT)
            AS DECIMAL(38, 0)) * CAST(0.000000000001 AS DECIMAL(12, 12)))[1];
CREATE OR REPLACE TEMP MACRO safe_quotient(n, d) AS
    list_transform([struct_pack(n := CAST(n AS HUGEINT), d := CAST(d AS HUGEINT))], lambda v :
        CAST(CAST(signed_quotient(v.n, v.d) AS HUGEINT) AS DECIMAL(38, 0))
            * CAST(0.000000000001 AS DECIMAL(12, 12)))[1];

-- n % d, with the sign of n, in the same two ways.
CREATE OR REPLACE TEMP MACRO whole_remainder(n, d) AS
    CASE WHEN d = 0 AND n IS NOT NULL THEN divided_by_zero() ELSE n % d END;
CREATE OR REPLACE TEMP MACRO safe_remainder(n, d) AS n % d;

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

-- The wide path: a number as a BIGNUM count of 10^-places, for what outgrows 38 digits. BIGNUM adds, subtracts and
-- compares exactly, but its `*`, `/`, abs and avg are DOUBLE and it casts to no decimal: the rest goes through text.

-- Plain text in units of 10^-places; digits past `places` must be zeros. TRY_CAST because over dictionary-encoded
-- columns also values that a CASE leaves out are cast.
CREATE OR REPLACE TEMP MACRO wide_units(x, places) AS
    TRY_CAST(split_part(x, '.', 1) || rpad(split_part(x, '.', 2), CAST(places AS INTEGER), '0') AS BIGNUM);

-- Any text that is a number, where no number has more than `places` decimals; else NULL.
CREATE OR REPLACE TEMP MACRO wide_units_of_any(x, places) AS
    list_transform([expanded_number(x)], lambda t : wide_units(t, places))[1];

-- Any text that is a whole number, else NULL.
CREATE OR REPLACE TEMP MACRO wide_whole_of_any(x) AS
    list_transform([expanded_number(x)], lambda t :
        CASE WHEN rtrim(split_part(t, '.', 2), '0') = '' THEN wide_units(t, 0) END)[1];

-- The same number in units of 10^-(places + zeros).
CREATE OR REPLACE TEMP MACRO wide_shift(x, zeros) AS CAST(CAST(x AS VARCHAR) || repeat('0', zeros) AS BIGNUM);

-- Sign and digits of a BIGNUM, with at least one digit before the last `places`.
CREATE OR REPLACE TEMP MACRO wide_parts(x, places) AS
    list_transform([CAST(x AS VARCHAR)], lambda t : struct_pack(
        sign := CASE WHEN t[1] = '-' THEN '-' ELSE '' END,
        digits := repeat('0', places + 1 - length(ltrim(t, '-'))) || ltrim(t, '-')));

-- The exact decimal text without needless zeros.
CREATE OR REPLACE TEMP MACRO wide_text(x, places) AS
    list_transform(wide_parts(x, places), lambda p : CASE WHEN places = 0 THEN p.sign || p.digits
        ELSE p.sign || rtrim(rtrim(left(p.digits, length(p.digits) - places) || '.' || right(p.digits, places), '0'), '.')
        END)[1];

-- Plain text without needless zeros as a count of 10^-places; NULL when that is not whole or has over 38 digits.
CREATE OR REPLACE TEMP MACRO text_as_units(x, places) AS
    CASE WHEN length(split_part(x, '.', 2)) <= places AND length(ltrim(split_part(x, '.', 1), '-0')) + places <= 38
        THEN TRY_CAST(split_part(x, '.', 1) || rpad(split_part(x, '.', 2), CAST(places AS INTEGER), '0') AS HUGEINT) END;

-- Without its last `drop` digits: half away from zero, toward minus infinity, toward plus infinity.
CREATE OR REPLACE TEMP MACRO wide_rounded(x, drop) AS
    list_transform(wide_parts(x, drop), lambda p : CAST(p.sign || left(p.digits, length(p.digits) - drop) AS BIGNUM)
        + CAST(CASE WHEN right(p.digits, drop) < '5' THEN '0' ELSE p.sign || '1' END AS BIGNUM))[1];
CREATE OR REPLACE TEMP MACRO wide_floor(x, drop) AS
    list_transform(wide_parts(x, drop), lambda p : CAST(p.sign || left(p.digits, length(p.digits) - drop) AS BIGNUM)
        - CAST(CASE WHEN p.sign = '-' AND rtrim(right(p.digits, drop), '0') <> '' THEN 1 ELSE 0 END AS BIGNUM))[1];
CREATE OR REPLACE TEMP MACRO wide_ceil(x, drop) AS
    list_transform(wide_parts(x, drop), lambda p : CAST(p.sign || left(p.digits, length(p.digits) - drop) AS BIGNUM)
        + CAST(CASE WHEN p.sign = '' AND rtrim(right(p.digits, drop), '0') <> '' THEN 1 ELSE 0 END AS BIGNUM))[1];

-- The digits in groups of 18, least significant first, each with the zeros that follow it: two groups multiply in HUGEINT.
CREATE OR REPLACE TEMP MACRO wide_limbs(x) AS
    list_transform([ltrim(CAST(x AS VARCHAR), '-')], lambda t :
        list_transform(range(0, (length(t) + 17) // 18), lambda i : struct_pack(
            digits := CAST(right(left(t, length(t) - 18 * i), 18) AS HUGEINT), zeros := 18 * i)))[1];
CREATE OR REPLACE TEMP MACRO wide_product(a, b) AS
    list_transform([struct_pack(a := wide_limbs(a), b := wide_limbs(b), negative :=
        (left(CAST(a AS VARCHAR), 1) = '-') <> (left(CAST(b AS VARCHAR), 1) = '-'))], lambda f :
        list_sum(flatten(list_transform(f.a, lambda p : list_transform(f.b, lambda q : CAST(
            CASE WHEN f.negative THEN '-' ELSE '' END || CAST(p.digits * q.digits AS VARCHAR)
                || repeat('0', p.zeros + q.zeros) AS BIGNUM))))))[1];

-- The digits of a divisor without the zeros that end them, and how many those are.
CREATE OR REPLACE TEMP MACRO wide_divisor(d) AS
    list_transform([ltrim(CAST(d AS VARCHAR), '-')], lambda t : list_transform(
        [CASE WHEN t = '0' THEN t ELSE rtrim(t, '0') END], lambda u :
            struct_pack(digits := u, zeros := length(t) - length(u)))[1])[1];

-- The digits of x // d: 18 of them a step where d has at most 18, or one by one, by the multiples of d, where it has
-- more. The divisor travels with the state, because a lambda that names an aggregate around it fails inside DuckDB.
CREATE OR REPLACE TEMP MACRO wide_short_division(x, d) AS
    list_reduce(list_reverse(wide_limbs(x)), lambda s, limb : struct_pack(
        digits := s.digits || lpad(CAST((s.remainder * 1000000000000000000::HUGEINT + limb.digits) // s.divisor AS VARCHAR), 18, '0'),
        remainder := (s.remainder * 1000000000000000000::HUGEINT + limb.digits) % s.divisor,
        divisor := s.divisor),
        struct_pack(digits := '', remainder := 0::HUGEINT, divisor := CAST(d AS HUGEINT))).digits;
CREATE OR REPLACE TEMP MACRO wide_multiples(d) AS
    list_transform([CAST(d AS BIGNUM)], lambda m :
        [m, m + m, m + m + m, m + m + m + m, m + m + m + m + m, m + m + m + m + m + m, m + m + m + m + m + m + m,
         m + m + m + m + m + m + m + m, m + m + m + m + m + m + m + m + m])[1];
CREATE OR REPLACE TEMP MACRO wide_long_division(x, d) AS
    list_reduce(string_split(ltrim(CAST(x AS VARCHAR), '-'), ''), lambda s, digit :
        list_transform(list_transform([CAST(CAST(s.remainder AS VARCHAR) || digit AS BIGNUM)], lambda r :
            struct_pack(remainder := r, times := len(list_filter(s.multiples, lambda m : m <= r)))), lambda t :
            struct_pack(
                digits := s.digits || CAST(t.times AS VARCHAR),
                remainder := CASE WHEN t.times = 0 THEN t.remainder ELSE t.remainder - s.multiples[t.times] END,
                multiples := s.multiples))[1],
        struct_pack(digits := '', remainder := CAST('0' AS BIGNUM), multiples := wide_multiples(d))).digits;

-- x / d toward zero, and what remains of x: dividing by the digits of d alone leaves as many digits too many as d ends
-- in zeros.
CREATE OR REPLACE TEMP MACRO wide_safe_quotient(x, d) AS
    list_transform(list_transform([struct_pack(x := x, d := wide_divisor(d), negative :=
        (left(CAST(x AS VARCHAR), 1) = '-') <> (left(CAST(d AS VARCHAR), 1) = '-'))], lambda v : struct_pack(
            sign := CASE WHEN v.negative THEN '-' ELSE '' END,
            digits := CASE WHEN length(v.d.digits) <= 18 THEN wide_short_division(v.x, v.d.digits)
                WHEN length(v.d.digits) > 18 THEN wide_long_division(v.x, v.d.digits) END,
            zeros := v.d.zeros)), lambda q :
            CAST(q.sign || left('0' || q.digits, greatest(length(q.digits) - q.zeros, 0) + 1) AS BIGNUM))[1];
CREATE OR REPLACE TEMP MACRO wide_quotient(x, d) AS
    list_transform([struct_pack(x := x, d := d)], lambda w :
        CASE WHEN w.x IS NULL THEN NULL
            WHEN CAST(w.d AS VARCHAR) = '0' THEN divided_by_zero() ELSE wide_safe_quotient(w.x, w.d) END)[1];
CREATE OR REPLACE TEMP MACRO wide_safe_remainder(x, d) AS x - wide_product(wide_safe_quotient(x, d), d);
CREATE OR REPLACE TEMP MACRO wide_remainder(x, d) AS x - wide_product(wide_quotient(x, d), d);

-- Like percentile_between, in units of 10^-(places of the numbers + share_places).
CREATE OR REPLACE TEMP MACRO wide_percentile_between(numbers, share, share_places) AS
    list_transform(list_transform([list_sort(numbers)], lambda v : struct_pack(
        v := v, at := CAST(len(v) - 1 AS DECIMAL(18, 0)) * share)), lambda s :
        wide_shift(s.v[CAST(floor(s.at) AS BIGINT) + 1], share_places) + wide_product(
            s.v[least(CAST(floor(s.at) AS BIGINT) + 2, len(s.v))] - s.v[CAST(floor(s.at) AS BIGINT) + 1],
            CAST(unscaled(s.at - floor(s.at)) AS BIGNUM)))[1];
