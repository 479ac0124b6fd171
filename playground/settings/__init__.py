"""A configuration in a visitor's hands: paths, forms, bounds, presets, links."""
