"""The newsroom's console: web pages over the public HTTP API, and the sessions of those who use them."""
