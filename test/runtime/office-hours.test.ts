import { describe, expect, it } from 'vitest';
import type { OfficeHours } from '../../src/domain/organisation.ts';
import { officeAt } from '../../src/runtime/office-hours.ts';

const riyadh = 'Asia/Riyadh';
/** 2026-02-22 is a Sunday in Ramadan. */
const ramadan: OfficeHours[] = ([0, 1, 2, 3, 4] as const).flatMap((day) => [
  { day, fromMinute: 21 * 60, toMinute: 1440 },
  { day, fromMinute: 10 * 60, toMinute: 15 * 60 },
]);

function office(
  local: string,
  { hours = ramadan, closedDates = [] as string[], timeZone = riyadh }: Partial<Settings> = {},
) {
  const { isOpen, opensAt } = officeAt({ hours, closedDates }, Date.parse(local), timeZone);
  return { isOpen, opensAt: opensAt === null ? null : new Date(opensAt).toISOString() };
}

interface Settings {
  readonly hours: readonly OfficeHours[];
  readonly closedDates: string[];
  readonly timeZone: string;
}

const iso = (local: string) => new Date(local).toISOString();

describe('an office with two spans a day', () => {
  it.each([
    ['before the first span', '2026-02-22T08:30:20+03:00', '2026-02-22T10:00:00+03:00'],
    ['between the spans', '2026-02-22T15:00:00+03:00', '2026-02-22T21:00:00+03:00'],
    ['after the last span of the week', '2026-02-27T00:10:00+03:00', '2026-03-01T10:00:00+03:00'],
  ])('is closed %s and says when it opens', (_, now, opens) => {
    expect(office(now)).toEqual({ isOpen: false, opensAt: iso(opens) });
  });

  it.each(['2026-02-22T10:00:00+03:00', '2026-02-22T14:59:59+03:00', '2026-02-22T23:59:59+03:00'])(
    'is open at %s',
    (now) => {
      expect(office(now)).toEqual({ isOpen: true, opensAt: iso(now) });
    },
  );

  it('goes by the calendar of its own zone, not of UTC', () => {
    // Sunday 00:30 in Riyadh is Saturday in UTC.
    expect(office('2026-02-21T21:30:00Z', { hours: [{ day: 0, fromMinute: 0, toMinute: 60 }] }).isOpen).toBe(true);
  });
});

describe('closed dates', () => {
  it('close the whole day and are passed over', () => {
    const closedDates = ['2026-02-22', '2026-02-23'];
    expect(office('2026-02-22T11:00:00+03:00', { closedDates })).toEqual({
      isOpen: false,
      opensAt: iso('2026-02-24T10:00:00+03:00'),
    });
  });

  it('leave no opening time when nothing opens within two weeks, or there are no hours', () => {
    const closedDates = Array.from({ length: 20 }, (_, index) =>
      new Date(Date.UTC(2026, 1, 22 + index)).toISOString().slice(0, 10),
    );
    expect(office('2026-02-22T11:00:00+03:00', { closedDates })).toEqual({ isOpen: false, opensAt: null });
    expect(office('2026-02-22T11:00:00+03:00', { hours: [] })).toEqual({ isOpen: false, opensAt: null });
  });
});

describe('a zone whose clocks change', () => {
  const berlin = 'Europe/Berlin';
  const sundays: OfficeHours[] = [{ day: 0, fromMinute: 8 * 60, toMinute: 12 * 60 }];

  it('opens at the time on the clock on the day an hour is skipped', () => {
    // 2026-03-29: 02:00 becomes 03:00.
    const settings = { hours: sundays, timeZone: berlin };
    expect(office('2026-03-29T01:00:00+01:00', settings).opensAt).toBe(iso('2026-03-29T08:00:00+02:00'));
    expect(office('2026-03-28T23:30:00+01:00', settings).opensAt).toBe(iso('2026-03-29T08:00:00+02:00'));
  });

  it('opens at the time on the clock on the day an hour comes twice', () => {
    // 2026-10-25: 03:00 becomes 02:00.
    const settings = { hours: sundays, timeZone: berlin };
    expect(office('2026-10-25T00:30:00+02:00', settings).opensAt).toBe(iso('2026-10-25T08:00:00+01:00'));
    expect(office('2026-10-24T20:00:00+02:00', settings).opensAt).toBe(iso('2026-10-25T08:00:00+01:00'));
  });

  it('does not take a day of 25 hours for two', () => {
    const hours: OfficeHours[] = [
      { day: 0, fromMinute: 0, toMinute: 20 },
      { day: 1, fromMinute: 60, toMinute: 120 },
    ];
    expect(office('2026-10-25T00:30:00+02:00', { hours, timeZone: berlin }).opensAt).toBe(
      iso('2026-10-26T01:00:00+01:00'),
    );
  });
});
