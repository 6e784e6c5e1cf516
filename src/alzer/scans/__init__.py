"""Bytes in, a checked image out."""
