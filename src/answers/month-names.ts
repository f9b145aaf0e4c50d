import { foldWords, wordsOf } from './fold-words.ts';
import { dayOf, type Calendar } from './hijri.ts';

export interface NamedMonth {
  readonly calendar: Calendar;
  readonly month: number;
}

/**
 * The months named in a list of folded words, in Arabic (Gulf, Egyptian, Levantine), English or the conversation's language.
 * Names of several words («ربيع الأول») are found however they are spaced.
 */
export function monthsIn(words: readonly string[], language: string): NamedMonth[] {
  const added = new Map(namesIn(language));
  const found: NamedMonth[] = [];
  for (let place = 0; place < words.length; place += 1) {
    for (let length = 4; length >= 1; length -= 1) {
      if (place + length > words.length) continue;
      const name = words.slice(place, place + length).join('');
      const month = knownNames.get(name) ?? added.get(name);
      if (month === undefined) continue;
      found.push(month);
      place += length - 1;
      break;
    }
  }
  return found;
}

/** The month's name as read back; undefined in a language whose months have no names in letters alone. */
export function monthName({ calendar, month }: NamedMonth, language: string): string | undefined {
  const own = ownLanguage(language);
  if (own !== undefined) return spellings[calendar][own][month - 1]?.[0];
  const name = intlNames(calendar, language)[month - 1];
  return name === undefined || name === '' || /\p{N}/u.test(name) ? undefined : name;
}

function ownLanguage(language: string): 'ar' | 'en' | undefined {
  const [base] = language.toLowerCase().split('-');
  return base === 'ar' || base === 'en' ? base : undefined;
}

function namesIn(language: string): [string, NamedMonth][] {
  if (ownLanguage(language) !== undefined) return [];
  return (['hijri', 'gregorian'] as const).flatMap((calendar) =>
    intlNames(calendar, language).map((name, index): [string, NamedMonth] => [
      keyOf(name),
      { calendar, month: index + 1 },
    ]),
  );
}

/** The twelve names as Intl has them beside a day (some languages decline them); none for what is no language tag. */
function intlNames(calendar: Calendar, language: string): string[] {
  const formatter = monthFormatter(calendar, language);
  if (formatter === undefined) return [];
  const year = calendar === 'hijri' ? 1447 : 2026;
  return twelve.map((month) => {
    const day = dayOf(calendar, { year, month, day: 10 }) ?? 0;
    return formatter.formatToParts(day * 86_400_000).find((part) => part.type === 'month')?.value ?? '';
  });
}

function monthFormatter(calendar: Calendar, language: string): Intl.DateTimeFormat | undefined {
  const tag = `${language}-u-ca-${calendar === 'hijri' ? 'islamic-umalqura' : 'gregory'}-nu-latn`;
  try {
    return new Intl.DateTimeFormat(tag, { timeZone: 'UTC', month: 'long', day: 'numeric' });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function keyOf(name: string): string {
  return wordsOf(foldWords(name)).join('');
}

const twelve = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] as const;

/** Per month: the name read back, then other spellings people use. Compared folded and without spaces. */
const spellings: Readonly<Record<Calendar, Readonly<Record<'ar' | 'en', readonly (readonly string[])[]>>>> = {
  hijri: {
    ar: [
      ['محرم', 'المحرم', 'محرم الحرام'],
      ['صفر', 'صفر الخير'],
      ['ربيع الأول', 'ربيع اول', 'ربيع الاولى'],
      ['ربيع الآخر', 'ربيع آخر', 'ربيع الثاني', 'ربيع ثاني', 'ربيع التاني'],
      ['جمادى الأولى', 'جماد الأول', 'جمادى الأول', 'جماد اول', 'جمادى اولى', 'جماد الاولى', 'جمادا الاولى'],
      [
        'جمادى الآخرة',
        'جمادى الثانية',
        'جماد الثاني',
        'جمادى الثاني',
        'جماد ثاني',
        'جماد الآخر',
        'جمادى الآخر',
        'جماد الاخره',
      ],
      ['رجب'],
      ['شعبان'],
      ['رمضان', 'رمضان المبارك'],
      ['شوال'],
      ['ذو القعدة', 'ذي القعدة', 'ذا القعدة', 'القعدة', 'ذو العقدة'],
      ['ذو الحجة', 'ذي الحجة', 'ذا الحجة', 'الحجة'],
    ],
    en: [
      ['Muharram', 'Moharram'],
      ['Safar'],
      ['Rabi al-Awwal', 'Rabi I', 'Rabi al-Awal', 'Rabi ul Awwal', 'Rabiulawwal'],
      ['Rabi al-Thani', 'Rabi II', 'Rabi al-Akhir', 'Rabi ath-Thani', 'Rabi ul Thani', 'Rabi ul Akhir'],
      ['Jumada al-Ula', 'Jumada I', 'Jumada al-Awwal', 'Jumada al-Oula', 'Jumada ul Awwal'],
      ['Jumada al-Akhirah', 'Jumada II', 'Jumada al-Thani', 'Jumada al-Thaniya', 'Jumada al-Akhira', 'Jumada ul Thani'],
      ['Rajab'],
      ['Shaban', 'Shaaban', 'Shabaan'],
      ['Ramadan', 'Ramadhan', 'Ramazan'],
      ['Shawwal', 'Shawal'],
      ['Dhu al-Qadah', 'Dhu al-Qidah', 'Dhul Qadah', 'Zul Qadah', 'Dhu al-Qaada', 'Dhul Qada', 'Zulqada'],
      ['Dhu al-Hijjah', 'Dhul Hijjah', 'Zul Hijjah', 'Dhu al-Hijja', 'Dhul Hijja', 'Zulhijja'],
    ],
  },
  gregorian: {
    ar: [
      ['يناير', 'كانون الثاني', 'كانون ثاني', 'جانفي'],
      ['فبراير', 'شباط', 'فيفري'],
      ['مارس', 'آذار'],
      ['أبريل', 'إبريل', 'نيسان', 'افريل'],
      ['مايو', 'أيار', 'ماي'],
      ['يونيو', 'يونيه', 'حزيران', 'جوان'],
      ['يوليو', 'يوليه', 'تموز', 'جويلية'],
      ['أغسطس', 'آب', 'اغسطوس', 'اوت'],
      ['سبتمبر', 'أيلول'],
      ['أكتوبر', 'تشرين الأول', 'تشرين اول'],
      ['نوفمبر', 'تشرين الثاني', 'تشرين ثاني'],
      ['ديسمبر', 'كانون الأول', 'كانون اول', 'دجنبر'],
    ],
    en: [
      ['January', 'Jan'],
      ['February', 'Feb', 'Febuary'],
      ['March', 'Mar'],
      ['April', 'Apr'],
      ['May'],
      ['June', 'Jun'],
      ['July', 'Jul'],
      ['August', 'Aug'],
      ['September', 'Sept', 'Sep'],
      ['October', 'Oct'],
      ['November', 'Nov'],
      ['December', 'Dec'],
    ],
  },
};

const knownNames: ReadonlyMap<string, NamedMonth> = new Map(
  (['hijri', 'gregorian'] as const).flatMap((calendar) =>
    (['ar', 'en'] as const).flatMap((language) =>
      spellings[calendar][language].flatMap((names, index) =>
        names.map((name): [string, NamedMonth] => [keyOf(name), { calendar, month: index + 1 }]),
      ),
    ),
  ),
);
