"""Whole heads: from a volume to the slices that the model knows."""
