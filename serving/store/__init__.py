"""Every query to the database, and the schema."""
