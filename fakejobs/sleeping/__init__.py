"""Sleeping without waiting: sleeps of the code under test move a fake's clock and return at once.

`callers` says who is the code under test, `places` how real functions are stood in for, `threads` and `loops` have what stands
in for time.sleep and asyncio.sleep, `virtual` is the sleep itself, `patience` what holds it,
`vain` what ends it, `believed` the time that passes with it, `arrivals` sees modules come.
`watch` counts real sleeps where nobody moves the clock, `writer` lets the official batch writer hurry. `taken` has all of it for one fake.

Rules:

- Whose sleep: time.sleep and asyncio.sleep called in the thread that entered the VirtualSleep, by code whose file lies under
  the root (installed packages and the standard library excepted) or whose module is named. Everybody else sleeps for real:
  other threads, subprocess, HTTP clients, queues, joins, children. Libraries that wait before they ask once more are named
  from the start, see SLEEPERS.
- The caller is who calls. A name that a module of the code under test bound (`from time import sleep`, under any name) counts. A sleep
  that was put away elsewhere before (a default argument, an attribute of a class or object, a functools.partial) sleeps for
  real, and so does one that a library calls, such as anyio.sleep, unless that library is named. Code without a file
  (exec, doctest of a text) counts as the test's. Compiled code leaves no frame: its caller counts.
- time.sleep blocks its thread, so the clock goes on by the whole span, as it would; requests of other threads that the fake is
  serving are answered first. A span counts in milliseconds, rounded up.
- asyncio.sleep lets the clock go to the earliest of the deadlines in its loop, and only when the loop has come to rest:
  nothing is ready to run, no request is being served by the fake, and no work that the loop gave to a thread
  (asyncio.to_thread, run_in_executor) is under way. So ten pollers of ten seconds need ten seconds.
- asyncio is never loaded from here: its sleep is stood in for once the code under test has loaded it.
- What else code may wait for does not hold the clock: events of other tasks (they would wait for ever), answers of other
  servers outside of the loop, children, threads that the loop does not know, timers (asyncio.wait_for and call_later are real
  time). Who asks for the end of such a thing again and again, sleeping in between, sees the clock race ahead.
- Requests hold no sleep longer than it would last for real, and PATIENCE_S at most, however many of them come.
- Nobody hangs: who never comes to rest (a task that spins on sleep(0)) and what never ends (a thread that waits for a
  sleeper) hold the clock for a bounded number of passes or PATIENCE_S of real time, the first time; less or not at all from then on.
- A loop without a list of what is ready (uvloop) gets a number of passes instead, and its threads are not known.
- Who sleeps virtually also finds that time has passed, unless patch_time=False: see `believed`.
- While nothing happens, a thousand sleeps end the test, or a day of virtual time in which nothing is due: see `vain`.
- Where time stands still for sleepers, under the manual clock or in other threads, code that asks for a job and really sleeps ends
  its test: see `watch`.
- A forked child sleeps for real: its clock would be a copy.
- No thread, no timer: frozen time (freezegun, time-machine) stops nothing here.
"""
