"""The feed's ranker, learnt from what was shown and what readers made of it."""
