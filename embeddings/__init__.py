"""Text to vectors to neighbours: normalisation, encoders, indexes, fingerprints."""
