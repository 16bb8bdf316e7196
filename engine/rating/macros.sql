-- The exact arithmetic and the spellings that the rating stages share. Whole numbers here are HUGEINT counts of a
-- product's smallest unit; their products overflow loudly, and the stages turn that into a parked contract.

-- numerator / denominator in units of 10^-18, rounded half away from zero at the 18th place: long division in two
-- steps of nine digits, exact while the denominator has at most 28 digits.
CREATE OR REPLACE TEMP MACRO quotient_remainder(numerator, denominator) AS
    (numerator % denominator * 1000000000::HUGEINT) % denominator;
CREATE OR REPLACE TEMP MACRO magnitude_of_quotient(numerator, denominator) AS
    numerator // denominator * 1000000000000000000::HUGEINT
    + (numerator % denominator * 1000000000::HUGEINT) // denominator * 1000000000::HUGEINT
    + (quotient_remainder(numerator, denominator) * 1000000000::HUGEINT) // denominator
    + CASE
        WHEN (quotient_remainder(numerator, denominator) * 1000000000::HUGEINT) % denominator * 2 >= denominator
        THEN 1 ELSE 0
    END;
CREATE OR REPLACE TEMP MACRO quotient_at_18_places(numerator, denominator) AS
    sign(numerator) * magnitude_of_quotient(abs(numerator), denominator);

-- A product's quantity conversion. Without a divisor the multiplier alone is exact.
CREATE OR REPLACE TEMP MACRO convert_quantity(value, multiplier, divisor) AS
    CASE WHEN divisor IS NULL THEN value * multiplier ELSE quotient_at_18_places(value * multiplier, divisor) END;

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

-- Group values in text: as name=value pairs to search, and as a JSON object in key order to show.
CREATE OR REPLACE TEMP MACRO named_values(names, group_values) AS
    list_transform(list_zip(names, group_values), lambda pair : pair[1] || chr(31) || pair[2]);
CREATE OR REPLACE TEMP MACRO json_of(names, group_values) AS to_json(map(names, group_values))::VARCHAR;

-- An instant in the one spelling that ids are made from.
CREATE OR REPLACE TEMP MACRO instant_text(moment) AS strftime(moment, '%Y-%m-%dT%H:%M:%S.%fZ');

-- The UUIDv5 of engine/values/ids.py, for whole columns at once.
CREATE OR REPLACE TEMP MACRO uuid5_of_digest(digest) AS
    concat_ws('-', digest[1:8], digest[9:12], '5' || digest[14:16],
        translate(digest[17:17], '0123456789abcdef', '89ab89ab89ab89ab') || digest[18:20], digest[21:32]);
CREATE OR REPLACE TEMP MACRO derived_id(kind, parts) AS
    uuid5_of_digest(sha1(
        from_hex('6f7bd1b09a0f5f0c8a55d0cb111d0001') || encode(kind || chr(31) || array_to_string(parts, chr(31)))
    ));
