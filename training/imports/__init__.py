"""Making any sentence-transformers directory servable."""
