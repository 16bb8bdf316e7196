-- Reading a value inside a property that is JSON text. DuckDB reads a JSON number with a fraction as a DOUBLE and
-- would give 0.1 for 0.1000000000000000055; here every number is read by its literal.

-- JSON text with each number made a text of the same characters. A string is left as it is: the pattern takes strings
-- and numbers alike and puts a control character, which valid JSON cannot hold, on both sides of what is a number.
CREATE OR REPLACE TEMP MACRO json_with_texts_for_numbers(json) AS
    replace(replace(
        regexp_replace(json, '("(?:[^"\\]|\\.)*")|(-?[0-9][-+.0-9eE]*)', '\1' || chr(1) || '\2' || chr(1), 'g'),
        chr(1) || chr(1), ''), chr(1), '"');

-- DuckDB's parser also takes NaN, Infinity and a comma before a closing bracket, which are no JSON.
CREATE OR REPLACE TEMP MACRO is_strict_json(json) AS
    json_valid(json)
        AND NOT regexp_matches(regexp_replace(json, '"(?:[^"\\]|\\.)*"', '""', 'g'), '(?i)nan|inf|,\s*[\]}]');

-- The text at a JSON pointer; NULL when there is nothing, null, or something that is no single value.
CREATE OR REPLACE TEMP MACRO json_text_at(json, pointer) AS
    CASE WHEN is_strict_json(json) THEN
        list_transform([json_with_texts_for_numbers(json)], lambda texts :
            CASE WHEN json_type(texts, pointer) NOT IN ('OBJECT', 'ARRAY') THEN json_extract_string(texts, pointer) END)[1]
    END;
