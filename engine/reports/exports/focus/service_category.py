"""The service categories of FOCUS 1.2, which a product names in its custom field `focus_service_category`."""

from __future__ import annotations

from engine.catalog.catalog import Catalog
from engine.errors import UserError, did_you_mean

FIELD = "focus_service_category"

SERVICE_CATEGORIES = (
    *("AI and Machine Learning", "Analytics", "Business Applications", "Compute", "Databases", "Developer Tools"),
    *("Multicloud", "Identity", "Integration", "Internet of Things", "Management and Governance", "Media", "Migration"),
    *("Mobile", "Networking", "Security", "Storage", "Web", "Other"),
)


def check_service_categories(catalog: Catalog) -> None:
    """Raises UserError for a product with another category."""
    for product in catalog.products:
        category = dict(product.custom_fields).get(FIELD)
        if category is not None and category not in SERVICE_CATEGORIES:
            what = f"product {product.name!r}: {FIELD} {category!r} is no service category of FOCUS 1.2"
            raise UserError(f"{what}; {did_you_mean(category, SERVICE_CATEGORIES)}")
