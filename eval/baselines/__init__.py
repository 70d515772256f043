"""Simpler methods that every model must beat on the same items."""
