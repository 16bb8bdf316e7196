/* Why: nothing was accepted before within the window of arrival.
   Grain: no row. Columns: transaction_id. */
CREATE OR REPLACE TABLE landing.earlier (transaction_id VARCHAR);
