-- Which usage products does each composite charge take its percentage of, and when?
-- Those it lists and those with any of its tags, by what both are at the time (spec/rating.md §8).
-- Grain: composite_id, product_id, starting_at.
SELECT
    composites.product_id AS composite_id,
    members.product_id,
    greatest(composites.starting_at, members.starting_at) AS starting_at,
    least(composites.ending_before, members.ending_before) AS ending_before
FROM product_taggings AS composites
JOIN product_taggings AS members
    ON members.starting_at < composites.ending_before
    AND composites.starting_at < members.ending_before
    AND (
        list_contains(composites.composite_product_ids, members.product_id)
        OR list_has_any(composites.composite_tags, members.tags)
    )
WHERE composites.product_type = 'COMPOSITE'
    AND members.product_type = 'USAGE'
