"""HTTP edge: translates requests to domain types and back."""
