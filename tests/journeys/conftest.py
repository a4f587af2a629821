"""The browser of the page's own tests, here on real processes."""

from tests.page.conftest import browser, context, page

__all__ = ["browser", "context", "page"]
