"""What the pages beside the Playground show: Compare, the laboratory of positions, the laboratory of embeddings."""
