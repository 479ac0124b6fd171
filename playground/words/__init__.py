"""word2vec in training: corpus, settings, the lab of a visitor."""
