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
    (substring(digest, 1, 12) || '5' || substring(digest, 14, 3)
        || substring('89ab89ab89ab89ab', instr('0123456789abcdef', substring(digest, 17, 1)), 1)
        || substring(digest, 18, 15))::UUID::VARCHAR;
CREATE OR REPLACE TEMP MACRO derived_id(kind, parts) AS
    uuid5_of_digest(sha1(
        from_hex('6f7bd1b09a0f5f0c8a55d0cb111d0001') || encode(kind || chr(31) || array_to_string(parts, chr(31)))
    ));
