"""Values of the Positions page and lens."""
