from dataclasses import dataclass
from typing import ClassVar

from q2c.kernel.facts import Fact


@dataclass(frozen=True, kw_only=True)
class JobsRetried(Fact):
    """Somebody put stuck jobs back in the queue."""

    document: ClassVar[str] = "job"
    job_ids: tuple[int, ...]
