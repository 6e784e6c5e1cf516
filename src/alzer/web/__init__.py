"""Pages for people, JSON for programs."""
