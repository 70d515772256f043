"""The learnt ranker of feeds: from a log of clicks to a tree ensemble."""
