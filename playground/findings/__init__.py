"""Numbers -> the sentences of the page."""
