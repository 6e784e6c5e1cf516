"""Reading one slice from a DICOM file."""
