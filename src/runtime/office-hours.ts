import type { OfficeHours, Organisation } from '../domain/organisation.ts';

const dayMs = 86_400_000;
const longestSearchDays = 14;

/** Whether officers are at work at `now`, and when they will be next (null: no hours are known within two weeks). */
export function officeAt(
  organisation: Pick<Organisation, 'hours' | 'closedDates'>,
  now: number,
  timeZone: string,
): { isOpen: boolean; opensAt: number | null } {
  const today = localTime(now, timeZone);
  const isOpen = hoursOf(organisation, today).some(
    (hours) => today.minute >= hours.fromMinute && today.minute < hours.toMinute,
  );
  if (isOpen) return { isOpen, opensAt: now };

  for (let days = 0; days <= longestSearchDays; days += 1) {
    const day = daysLater(today, days);
    const next = hoursOf(organisation, day)
      .map((hours) => hours.fromMinute)
      .filter((fromMinute) => days > 0 || fromMinute > today.minute)
      .sort((left, right) => left - right)[0];
    if (next !== undefined) return { isOpen, opensAt: toInstant(day.date, next, timeZone) };
  }
  return { isOpen, opensAt: null };
}

interface LocalDay {
  readonly date: string;
  readonly day: number;
}

interface LocalTime extends LocalDay {
  readonly minute: number;
}

function hoursOf(organisation: Pick<Organisation, 'hours' | 'closedDates'>, day: LocalDay): readonly OfficeHours[] {
  if (organisation.closedDates.includes(day.date)) return [];
  return organisation.hours.filter((hours) => hours.day === day.day);
}

/** By the calendar: a day with a change of clocks is 23 or 25 hours long. */
function daysLater({ date, day }: LocalDay, days: number): LocalDay {
  const later = new Date(Date.parse(`${date}T00:00:00Z`) + days * dayMs);
  return { date: later.toISOString().slice(0, 10), day: (day + days) % 7 };
}

/** When the clocks of a zone show a date and minute; where they skip that minute, as much later. */
function toInstant(date: string, minute: number, timeZone: string): number {
  const wanted = Date.parse(`${date}T00:00:00Z`) + minute * 60_000;
  const shift = (at: number) => {
    const shown = localTime(at, timeZone);
    return Date.parse(`${shown.date}T00:00:00Z`) + shown.minute * 60_000 - at;
  };
  // The first guess may lie on the other side of a change; the second does not.
  return wanted - shift(wanted - shift(wanted));
}

const formats = new Map<string, Intl.DateTimeFormat>();
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

function localTime(at: number, timeZone: string): LocalTime {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      timeZone,
      hourCycle: 'h23',
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
    formats.set(timeZone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(at).map((part) => [part.type, part.value]));
  return {
    date: `${parts['year']}-${parts['month']}-${parts['day']}`,
    day: weekdays.indexOf(parts['weekday'] ?? ''),
    minute: Number(parts['hour']) * 60 + Number(parts['minute']),
  };
}
