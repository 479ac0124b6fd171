"""What the page says of presets and comparisons, held on seeds that nobody has tried."""
