"""Stands in the way of a package that nothing here needs, and that costs seconds.

Each of Ray's processes imports jsonschema, which imports this name if it is there; it
comes with what checks the parts of the project. It makes a grammar at its import, some
4 s of work: too long for Ray, which gives its processes 15 s to start.
"""

raise ImportError
