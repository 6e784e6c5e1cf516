"""The report of many scans: one table, one page."""
