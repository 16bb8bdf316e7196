-- Who crossed the threshold of an alert in the billing periods, and when.
-- Grain: id.
SELECT
    derived_id('customer_alert_history', [alert_id, customer_id, credit_type_id, billing_period]) AS id,
    'PRODUCTION' AS environment_type,
    customer_id,
    alert_id,
    'in_alarm' AS alert_status,
    to_json({
        'credit_type_id': credit_type_id,
        'credit_type_name': currency,
        'threshold_amount': threshold_amount::VARCHAR,
        'value': value::VARCHAR
    })::VARCHAR AS additional_data,
    crossed_at AS created_at
FROM exported_alerts
ORDER BY crossed_at, id
