"""The laboratory of position schemes: what is asked of it, and what it computes with the core's own modules."""
