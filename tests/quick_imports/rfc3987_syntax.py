"""Stands before the package of this name in the processes of a Ray cluster.

Each of them loads jsonschema, which loads this if it is there and does without it if it
is not. It takes some five seconds to load, is no part of what the extra 'ray' installs,
and comes with the checks of this project alone.
"""

message = "not needed by tests with Ray"
raise ImportError(message)
