"""The same work on a Ray cluster; imported only where somebody asks for it."""
