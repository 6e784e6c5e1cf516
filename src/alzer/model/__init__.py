"""Pixels in, logits and evidence out."""
