"""What clients asked: the calls that came in, and the assertions that read them.

    calls.py       Call (what a test sees), Order and Deed (what a call wanted, and did), Journal (the last 10,000)
    criteria.py    one wanted thing against one call: equal, or how far off
    assertions.py  the sentences of a test, and what a failed one shows

The journal holds what clients did over HTTP, never the test's own verbs and never the control door's.
"""

from fakejobs.journal.assertions import Assertions
from fakejobs.journal.calls import Call, Deed, Deleted, Finished, Journal, Order, Stopped, Tagged

__all__ = ["Assertions", "Call", "Deed", "Deleted", "Finished", "Journal", "Order", "Stopped", "Tagged"]
