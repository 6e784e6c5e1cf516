"""Reports of single analyses: a printed page for people, as HTML or PDF."""
