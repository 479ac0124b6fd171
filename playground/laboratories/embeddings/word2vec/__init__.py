"""Values of the Embeddings page: word2vec live, and one-hot against dense."""
