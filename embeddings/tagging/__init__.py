"""From a story's text to tags: topics, places, keywords, names."""
