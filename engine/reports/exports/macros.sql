-- Amounts of the engine in whole units of a currency, exactly: US dollars are counted in cents. NULL when that takes more
-- than the 26 places of an amount.
CREATE OR REPLACE TEMP MACRO in_whole_units(amount, is_cents) AS
    CASE
        WHEN NOT is_cents THEN try_cast(amount AS DECIMAL(38, 26))
        WHEN unscaled(try_cast(amount AS DECIMAL(38, 26))) % 100 = 0
            THEN in_units(unscaled(try_cast(amount AS DECIMAL(38, 26))) // 100, 0.00000000000000000000000001::DECIMAL(38, 26))
    END;
