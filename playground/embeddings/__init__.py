"""The laboratory of embeddings: what is asked of it, and what it computes with the core's own modules."""
