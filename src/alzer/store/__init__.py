"""What outlives a request: records, heatmaps, tokens and who did what."""
