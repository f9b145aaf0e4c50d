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
    const day = localTime(now + days * dayMs, timeZone);
    const next = hoursOf(organisation, day)
      .map((hours) => hours.fromMinute)
      .filter((fromMinute) => days > 0 || fromMinute > today.minute)
      .sort((left, right) => left - right)[0];
    if (next !== undefined) {
      const sinceMidnight = day.minute * 60_000 + (now % 60_000);
      return { isOpen, opensAt: now + days * dayMs - sinceMidnight + next * 60_000 };
    }
  }
  return { isOpen, opensAt: null };
}

interface LocalTime {
  readonly date: string;
  readonly day: number;
  readonly minute: number;
}

function hoursOf(organisation: Pick<Organisation, 'hours' | 'closedDates'>, time: LocalTime): readonly OfficeHours[] {
  if (organisation.closedDates.includes(time.date)) return [];
  return organisation.hours.filter((hours) => hours.day === time.day);
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
