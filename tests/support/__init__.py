"""Builders and hand-written fakes shared by tests."""
