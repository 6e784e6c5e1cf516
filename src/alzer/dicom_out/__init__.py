"""Analyses as DICOM objects that refer to the scan: for archives and viewers."""
