"""The running service: HTTP edge, decisions, storage and web pages."""
