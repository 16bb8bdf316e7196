-- What the comparison of two systems' invoices spells in one way for both sides.

-- Group values as one text that does not depend on how they are written: an object, or an array of names and values.
CREATE OR REPLACE TEMP MACRO values_key(written) AS
    list_transform([CASE json_type(written)
        WHEN 'OBJECT' THEN list_transform(
            map_entries(CAST(CAST(written AS JSON) AS MAP(VARCHAR, VARCHAR))),
            lambda pair : pair.key || chr(31) || coalesce(pair.value, chr(30)))
        WHEN 'ARRAY' THEN list_transform(
            from_json(written, '[{"name": "VARCHAR", "value": "VARCHAR"}]'),
            lambda pair : pair.name || chr(31) || coalesce(pair.value, chr(30)))
    END], lambda pairs : coalesce(array_to_string(list_sort(pairs), chr(29)), ''))[1];

-- What a pass of pairing asks lines to have in common, from the most to the least. A pass without a key passes a line
-- by.
CREATE OR REPLACE TEMP MACRO line_keys(
    line_id, group_key, starting_at, commit_id, is_applied, unit_price, quantity, total
) AS [
    line_id,
    array_to_string([
        group_key, is_applied::VARCHAR, coalesce(starting_at::VARCHAR, ''), coalesce(commit_id, ''),
        coalesce(unit_price::VARCHAR, ''), coalesce(quantity::VARCHAR, ''), total::VARCHAR
    ], chr(28)),
    array_to_string([
        group_key, is_applied::VARCHAR, coalesce(starting_at::VARCHAR, ''), coalesce(commit_id, ''),
        coalesce(unit_price::VARCHAR, '')
    ], chr(28)),
    array_to_string([
        group_key, is_applied::VARCHAR, coalesce(starting_at::VARCHAR, ''), coalesce(commit_id, '')
    ], chr(28)),
    CASE WHEN NOT is_applied THEN array_to_string([group_key, coalesce(starting_at::VARCHAR, '')], chr(28)) END,
    CASE WHEN is_applied THEN commit_id ELSE group_key END
];

-- How many times the second number the first is, when that has at most four decimal places; otherwise NULL.
CREATE OR REPLACE TEMP MACRO round_ratio(a, b) AS CASE WHEN b <> 0 THEN try(
    CASE WHEN (unscaled(abs(a)) * 10000) % unscaled(abs(b)) = 0
        THEN in_units((unscaled(abs(a)) * 10000) // unscaled(abs(b)), 0.0001) * (sign(a) * sign(b))::DECIMAL(1, 0)
    END
) END;

-- A number as people write it, without needless zeros.
CREATE OR REPLACE TEMP MACRO plain(number) AS CASE WHEN contains(number::VARCHAR, '.')
    THEN rtrim(rtrim(number::VARCHAR, '0'), '.') ELSE number::VARCHAR END;

-- How many decimal places a number needs.
CREATE OR REPLACE TEMP MACRO places_of(number) AS length(split_part(plain(number), '.', 2));

-- Whether the first number is the second rounded, up, down or to the nearest, to the places that it has.
CREATE OR REPLACE TEMP MACRO is_rounded(a, b) AS
    places_of(a) < places_of(b) AND places_of(a) <= 12
    AND exact_product(abs(a - b), power_of_ten(places_of(a))::DECIMAL(38, 18)) < 1;

-- Rounded to so many places, as few as a currency has or as many as anybody shows.
CREATE OR REPLACE TEMP MACRO rounded(number, places) AS CASE places
    WHEN 0 THEN round(number, 0)::DECIMAL(38, 26)
    WHEN 1 THEN round(number, 1)::DECIMAL(38, 26)
    WHEN 2 THEN round(number, 2)::DECIMAL(38, 26)
    WHEN 3 THEN round(number, 3)::DECIMAL(38, 26)
    WHEN 4 THEN round(number, 4)::DECIMAL(38, 26)
    WHEN 6 THEN round(number, 6)::DECIMAL(38, 26)
    WHEN 8 THEN round(number, 8)::DECIMAL(38, 26)
END;

-- The least that can be paid in a currency of so many places.
CREATE OR REPLACE TEMP MACRO smallest_unit(places) AS CASE places WHEN 0 THEN 1 ELSE 0.01 END::DECIMAL(38, 26);

-- Whether one number is a hundred, a thousand, a million times the other: the digits are the same, and the size is not.
CREATE OR REPLACE TEMP MACRO is_shifted(a, b) AS
    a * sign(b) > 0
    AND trim(replace(a::VARCHAR, '.', ''), '0-') = trim(replace(b::VARCHAR, '.', ''), '0-')
    AND exact_product(least(abs(a), abs(b)), 100) <= greatest(abs(a), abs(b));
