import type { OfficeHours, Organisation } from '../domain/organisation.ts';
import type { Facts } from '../flow/program.ts';

/**
 * The facts that texts may name. What admins wrote wins; `org.hours` that nobody wrote is told from the opening hours, so that what people
 * read and when officers are called agree.
 */
export function toFacts({ facts, hours }: Organisation, languages: readonly string[]): Facts {
  if (hours.length === 0 || isFilledIn(facts['org.hours'])) return facts;
  const told = Object.fromEntries(languages.map((language) => [language, describeHours(hours, language)]));
  return { ...facts, 'org.hours': told };
}

/** Opening hours in words: «من الأحد إلى الخميس من 8:00 ص إلى 4:00 م», "Sunday to Thursday, 8:00 am to 4:00 pm". */
export function describeHours(hours: readonly OfficeHours[], language: string): string {
  const isArabic = language.startsWith('ar');
  const spans = toSpans(hours).map(({ from, to, times }) => {
    const days =
      from === to
        ? dayName(from, language)
        : isArabic
          ? `من ${dayName(from, language)} إلى ${dayName(to, language)}`
          : `${dayName(from, language)} to ${dayName(to, language)}`;
    const during = times.map(([start, end]) =>
      isArabic
        ? `من ${clockTime(start, language)} إلى ${clockTime(end, language)}`
        : `${clockTime(start, language)} to ${clockTime(end, language)}`,
    );
    return isArabic ? `${days} ${during.join(' و')}` : `${days}, ${during.join(' and ')}`;
  });
  return spans.join(isArabic ? '، و' : '; ');
}

type Times = readonly (readonly [number, number])[];

interface Span {
  readonly from: number;
  readonly to: number;
  readonly times: Times;
}

/** Neighbouring days with the same hours, from Sunday on. */
function toSpans(hours: readonly OfficeHours[]): Span[] {
  const spans: Span[] = [];
  for (let day = 0; day < 7; day += 1) {
    const times: Times = hours
      .filter((one) => one.day === day)
      .sort((left, right) => left.fromMinute - right.fromMinute)
      .map(({ fromMinute, toMinute }) => [fromMinute, toMinute] as const);
    if (times.length === 0) continue;
    const last = spans.at(-1);
    const continues = last?.to === day - 1 && JSON.stringify(last.times) === JSON.stringify(times);
    if (continues) spans.splice(-1, 1, { ...last, to: day });
    else spans.push({ from: day, to: day, times });
  }
  return spans;
}

function dayName(day: number, language: string): string {
  // 4 January 1970 was a Sunday.
  return new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' }).format(
    new Date((3 + day) * 86_400_000),
  );
}

function clockTime(minute: number, language: string): string {
  const locale = language.startsWith('ar') ? 'ar-SA-u-ca-gregory-nu-latn' : language === 'en' ? 'en-GB' : language;
  const style = { hour: 'numeric', minute: '2-digit', hourCycle: 'h12', timeZone: 'UTC' } as const;
  return new Intl.DateTimeFormat(locale, style).format(new Date((minute % 1440) * 60_000));
}

function isFilledIn(fact: Readonly<Record<string, string>> | undefined): boolean {
  return Object.values(fact ?? {}).some((text) => text.trim() !== '');
}
