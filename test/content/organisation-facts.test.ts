import { describe, expect, it } from 'vitest';
import { describeHours, toFacts } from '../../src/content/organisation-facts.ts';
import type { OfficeHours, Organisation } from '../../src/domain/organisation.ts';

const week: readonly OfficeHours[] = ([0, 1, 2, 3, 4] as const).map((day) => ({ day, fromMinute: 480, toMinute: 960 }));

describe('describeHours', () => {
  it('joins neighbouring days with the same hours', () => {
    expect(describeHours(week, 'ar')).toBe('من الأحد إلى الخميس من 8:00 ص إلى 4:00 م');
    expect(describeHours(week, 'en')).toBe('Sunday to Thursday, 8:00 am to 4:00 pm');
  });

  it('tells two shifts of a day, noon, and days that stand alone', () => {
    const hours: OfficeHours[] = [
      ...week,
      { day: 6, fromMinute: 960, toMinute: 1200 },
      { day: 6, fromMinute: 600, toMinute: 720 },
    ];
    expect(describeHours(hours, 'ar')).toBe(
      'من الأحد إلى الخميس من 8:00 ص إلى 4:00 م، والسبت من 10:00 ص إلى 12:00 م ومن 4:00 م إلى 8:00 م',
    );
    expect(describeHours(hours, 'en')).toBe(
      'Sunday to Thursday, 8:00 am to 4:00 pm; Saturday, 10:00 am to 12:00 pm and 4:00 pm to 8:00 pm',
    );
  });

  it('does not join days with a day off between them', () => {
    const hours: OfficeHours[] = [
      { day: 1, fromMinute: 0, toMinute: 1440 },
      { day: 3, fromMinute: 0, toMinute: 1440 },
    ];
    expect(describeHours(hours, 'en')).toBe('Monday, 12:00 am to 12:00 am; Wednesday, 12:00 am to 12:00 am');
  });
});

describe('toFacts', () => {
  const organisation = (changes: Partial<Organisation>): Organisation => ({
    facts: { 'org.phone': { ar: '0140000000' } },
    hours: week,
    closedDates: [],
    ...changes,
  });

  it('tells the hours that open the office when nobody wrote them', () => {
    expect(toFacts(organisation({}), ['en'])['org.hours']).toEqual({ en: 'Sunday to Thursday, 8:00 am to 4:00 pm' });
  });

  it('keeps what admins wrote', () => {
    const facts = { 'org.hours': { ar: 'طوال الأسبوع' } };
    expect(toFacts(organisation({ facts }), ['ar', 'en'])).toEqual(facts);
  });

  it('tells nothing when no hours are known', () => {
    expect(toFacts(organisation({ hours: [] }), ['ar'])['org.hours']).toBeUndefined();
  });
});
