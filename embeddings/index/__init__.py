"""The vector index: immutable FAISS parts beside a small live part, swapped without locks for readers."""
