"""Values of the Embeddings page and lens."""
