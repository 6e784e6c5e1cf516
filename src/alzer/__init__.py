"""Say how impaired a brain MRI looks, and show what the answer rests on.

Research and education software; not a medical device.
"""

__version__ = "0.1.0"
