"""How calls fail: which fault takes one, what it is answered, and how that leaves.

    saboteur.py   asked for each call while faults are declared; lets the listener refuse, and tells which faults nobody met
    injection.py  a call and the fault that takes it: whether it has its effect, and what is answered in its place
    ways.py       how the answer leaves: a file a way of failing, and what they are handed, in delivery.py
    rows.py       where the rows of an answer end
    waits.py      the connections that are held
    said.py       a fault as the command line says it

Which faults are declared is data of the cloud; see fakejobs.domain.faults and fakejobs.cloud.faults. But for the saboteur, nothing of
this room is loaded before a fault is declared and a call comes.
"""
