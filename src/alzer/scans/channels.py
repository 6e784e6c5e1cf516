"""When the channels of a picture count as equal, whatever its format."""

from typing import Final

# Grey that went through a colour JPEG comes back with channels a few levels
# apart; a picture counts as grey while at most this share of its pixels is
# further apart than this many of 256 levels.
CHANNEL_TOLERANCE_LEVELS: Final = 12
MAX_COLOURED_SHARE: Final = 0.001
