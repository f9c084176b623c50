"""HTTP/1.1 on plain sockets: serves any WSGI application, one thread a connection.

Rules of this room:

- It knows sockets, h11 and WSGI, and has never heard of a job.
- Nothing outlives ``Listener.close()``: no thread, no socket, no descriptor.
- Nothing is printed and nothing escapes a thread: what goes wrong in the application is handed to ``on_error``.
- Nobody polls and nobody sleeps; threads wait for a socket.
"""

from fakejobs.listener.heads import Refused
from fakejobs.listener.listener import Listener, ListenerBusy

__all__ = ["Listener", "ListenerBusy", "Refused"]
