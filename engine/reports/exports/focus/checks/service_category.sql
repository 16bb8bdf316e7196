-- ServiceCategory must be one of the nineteen that FOCUS 1.2 names.
SELECT InvoiceId, x_LineItemId, ServiceCategory
FROM 'focus.parquet'
WHERE ServiceCategory NOT IN (
    'AI and Machine Learning', 'Analytics', 'Business Applications', 'Compute', 'Databases', 'Developer Tools',
    'Multicloud', 'Identity', 'Integration', 'Internet of Things', 'Management and Governance', 'Media', 'Migration',
    'Mobile', 'Networking', 'Security', 'Storage', 'Web', 'Other'
)
