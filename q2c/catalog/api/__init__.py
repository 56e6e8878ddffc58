from q2c.catalog.api.products import api_urls

__all__ = ["api_urls"]
