"""How a feed is made: pure functions from what is known to what is shown."""
