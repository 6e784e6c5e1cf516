"""From labelled scans to a model bundle; the only place with torch."""
