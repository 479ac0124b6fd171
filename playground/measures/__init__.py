"""Records of a forward pass -> numbers and tidy tables."""
