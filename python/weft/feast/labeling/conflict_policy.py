"""Which label counts where several people gave one."""

import enum


class ConflictPolicy(enum.Enum):
    """Weft knows `LAST_WRITE_WINS`: the newest row of a key counts."""

    LAST_WRITE_WINS = "last_write_wins"
    LABELER_PRIORITY = "labeler_priority"
    MAJORITY_VOTE = "majority_vote"
