"""A small DICOM node: series come in by network, results go out the same way."""
