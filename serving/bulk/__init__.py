"""Encoding whole archives at once, by this process or by many machines; one writer stores what comes back."""
