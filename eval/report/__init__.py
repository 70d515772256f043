"""A run as one HTML page that opens without a network."""

from tianfu.eval.report.page import render_page, write_report

__all__ = ["render_page", "write_report"]
