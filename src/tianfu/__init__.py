"""天府荐闻: tagging, duplicate detection and recommendation for a consortium of newsrooms."""

__version__ = "0.1.0"
