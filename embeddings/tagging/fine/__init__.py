"""Fine topics: by words that name them, and by what editors decided on other stories."""
