"""An analysis as FHIR R4 resources, for the systems of a hospital."""
