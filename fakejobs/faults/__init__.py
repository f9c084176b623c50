"""How calls fail: which fault takes one, what it is answered, and how that leaves.

    injection.py  a call and the fault that takes it: whether it has its effect, and what is answered in its place
    ways.py       how the answer leaves: a file a way of failing, and what they are handed, in delivery.py
    rows.py       where the rows of an answer end
    waits.py      the connections that are held

Which faults are declared is data of the cloud; see fakejobs.domain.faults and fakejobs.cloud.faults. Nothing of this room is
loaded before a fault takes a call.
"""
