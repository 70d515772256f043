"""Text to vectors, without torch."""
