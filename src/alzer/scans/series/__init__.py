"""Volumes from the images of DICOM series."""
