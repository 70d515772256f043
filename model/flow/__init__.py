"""What flows between newsrooms: pick-ups, desks, submissions, trends, reports.  Pure."""
