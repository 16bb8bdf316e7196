-- The exact sum of decimals as plain text: all amounts together can need more digits than one amount has, so whole units
-- and fractions are added apart. `exact_sum(x)` in a control stands for this expression, with `x` put in.
SELECT list_transform(list_transform(
    [struct_pack(
        whole := coalesce(sum(trunc(x)::HUGEINT), 0),
        fraction := coalesce(sum((x - trunc(x))::DECIMAL(38, 26)), 0)
    )],
    lambda added : struct_pack(
        whole := added.whole + floor(added.fraction)::HUGEINT,
        fraction := (added.fraction - floor(added.fraction))::DECIMAL(38, 26)
    )),
    lambda number : rtrim(rtrim(
        CASE WHEN number.whole < 0 AND number.fraction > 0
            THEN CASE WHEN number.whole = -1 THEN '-0' ELSE (number.whole + 1)::VARCHAR END
                || '.' || split_part((1 - number.fraction)::DECIMAL(38, 26)::VARCHAR, '.', 2)
            ELSE number.whole::VARCHAR || '.' || split_part(number.fraction::VARCHAR, '.', 2)
        END, '0'), '.')
)[1]
