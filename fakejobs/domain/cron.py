"""When periodic jobs fire: five fields, each a number or every one, in UTC; computed, never stepped through minute by minute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from fakejobs.domain.clock import Millis

RANGES: Mapping[str, range] = {
    "minute": range(60),
    "hour": range(24),
    "dayofmonth": range(1, 32),
    "month": range(1, 13),
    "dayofweek": range(8),
}
"""The numbers that each field may have; a day of the week is 0 to 6 from Sunday on, and 7 is Sunday, too."""

EVERY = "*"
"""How a field is written that does not matter."""

_MINUTE_MS = 60_000
_DAY = 24 * 60
"""Minutes of a day."""
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """When something fires: at each minute whose fields fit. None: every one fits.

    As with cron, where both dayofmonth and dayofweek are numbers, a day fits that fits one of them.
    """

    minute: int | None = 0
    hour: int | None = None
    dayofmonth: int | None = None
    month: int | None = None
    dayofweek: int | None = None

    def __str__(self) -> str:
        return " ".join(EVERY if getattr(self, name) is None else str(getattr(self, name)) for name in RANGES)

    @property
    def can_fire(self) -> bool:
        """Whether the calendar has such a day at all."""
        if self.month is None or self.dayofmonth is None or self.dayofweek is not None:
            return True
        return self.dayofmonth <= _LONGEST[self.month - 1]

    def next_after(self, moment: Millis) -> Millis | None:
        """Return when it fires first after a moment; None if the calendar ends before."""
        wanted = moment // _MINUTE_MS + 1
        for day in self._days(wanted // _DAY):
            found = self._first_from(max(0, wanted - day * _DAY))
            if found is not None:
                return Millis((day * _DAY + found) * _MINUTE_MS)
        return None

    def count(self, after: Millis, until: Millis) -> int:
        """Return how often it fires after a moment, and until another one, at which it may fire, too."""
        low, high = after // _MINUTE_MS, until // _MINUTE_MS
        total = 0
        for day in self._days(low // _DAY):
            start = day * _DAY
            if start > high:
                break
            total += self._fired_by(min(_DAY - 1, high - start)) - (self._fired_by(low - start) if low >= start else 0)
        return total

    # ------------------------------------------------------------ inside: days and minutes since the epoch, and of a day

    def _days(self, first: int) -> Iterator[int]:
        """Yield the days that fit, from a day on, until the calendar ends."""
        if not self.can_fire or _EPOCH_DAY + first > date.max.toordinal():
            return
        day = date.fromordinal(_EPOCH_DAY + first)
        while True:
            if self.month not in (None, day.month):
                year = day.year + (day.month > (self.month or 0))
                if year > date.max.year:
                    return
                day = date(year, self.month or 1, 1)
            if self._fits(day):
                yield day.toordinal() - _EPOCH_DAY
            if day == date.max:
                return
            day += timedelta(days=1)

    def _fits(self, day: date) -> bool:
        """Say whether a day of a month that fits does, too."""
        if self.dayofmonth is None and self.dayofweek is None:
            return True
        by_month, by_week = self.dayofmonth == day.day, self.dayofweek is not None and self.dayofweek % 7 == day.isoweekday() % 7
        return by_month or by_week

    def _first_from(self, start: int) -> int | None:
        """Return the first minute of a day at which it fires, from one on."""
        hour, minute = divmod(start, 60)
        if self.hour is not None:
            if hour > self.hour:
                return None
            hour, minute = (self.hour, 0) if hour < self.hour else (hour, minute)
        if self.minute is None or minute <= self.minute:
            return hour * 60 + (minute if self.minute is None else self.minute)
        return None if self.hour is not None or hour == 23 else (hour + 1) * 60 + self.minute

    def _fired_by(self, last: int) -> int:
        """Return how often it fires on a day that fits, until a minute of it."""
        hour, minute = divmod(last, 60)
        in_an_hour = 60 if self.minute is None else 1
        in_this_hour = minute + 1 if self.minute is None else int(self.minute <= minute)
        if self.hour is None:
            return hour * in_an_hour + in_this_hour
        return in_an_hour if hour > self.hour else in_this_hour if hour == self.hour else 0
