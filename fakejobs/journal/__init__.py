"""What clients asked: the calls that came in, and the assertions that read them.

    calls.py       Call (what a test sees), Order and Deed (what a call wanted, and did)
    headers.py     the headers of a call, credentials masked
    book.py        Journal: the last 10,000
    folding.py     calls as lines, equal ones once
    criteria.py    one wanted thing against one call: equal, or how far off
    differences.py where two values differ, field by field
    candidates.py  what a call asked for or did, against all that is wanted, and how a miss is told
    order.py       calls that were to be made one after the other
    contents.py    what a job holds against what is wanted of it
    assertions.py  the sentences of a test, and what a failed one shows

The journal holds what clients did over HTTP, never the test's own verbs and never the control door's.
"""

from fakejobs.journal.assertions import Assertions
from fakejobs.journal.book import Journal
from fakejobs.journal.calls import Call, Deed, Deleted, Finished, Order, Stopped, Tagged

__all__ = ["Assertions", "Call", "Deed", "Deleted", "Finished", "Journal", "Order", "Stopped", "Tagged"]
