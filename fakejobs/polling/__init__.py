"""Clients that ask again and again: let the clock jump for them, or tell them that they wait in vain.

polls.py   what clients were shown, when the clock jumps, and when a row of looks is in vain
vain.py    what is said then: the situation, and the line to write
writers.py the official batch writer, which tries a refused write again for hours
"""

from fakejobs.polling.polls import PATIENCE, Polls

__all__ = ["PATIENCE", "Polls"]
