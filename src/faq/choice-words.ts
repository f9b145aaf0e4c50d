/**
 * The place in a menu of `count` choices that normalised words name, from 0, or null. «الثاني», «اتنين», `2`,
 * "the first one", «رقم ٣», «آخر واحد». Any other word beside the place, or a place beyond the menu, makes it null.
 */
export function choicePosition(words: readonly string[], count: number): number | null {
  const said = words.filter((word) => !BESIDE.has(word));
  if (said.some((word) => LAST.has(word)) && said.every((word) => LAST.has(word) || placeOf(word) === 0))
    return count - 1;
  // «الاول واحد», "the first one": the ordinal decides, the count word only fills.
  const ordinals = said.filter((word) => ORDINAL_PLACES.has(word));
  const deciding =
    ordinals.length > 0 && said.every((word) => ORDINAL_PLACES.has(word) || placeOf(word) === 0) ? ordinals : said;
  const places = new Set(deciding.map(placeOf));
  if (places.size !== 1) return null;
  const [place] = places;
  return place !== undefined && place !== null && place >= 0 && place < count ? place : null;
}

const BESIDE = new Set(
  'رقم الرقم خيار الخيار اختيار الاختيار ابي ابغي ابغا اريد عايز بدي اختار the number option choice no'.split(' '),
);
const LAST = new Set('اخر الاخير الاخيره last final'.split(' '));

// One line for each place; all spellings and dialects that name it.
const ORDINALS = [
  'الاول اول الاولي اولي الاوله الاولاني اولاني first 1st',
  'الثاني ثاني الثانيه ثانيه التاني تاني التانيه تانيه second',
  'الثالث ثالث الثالثه التالت تالت التالته third',
  'الرابع رابع الرابعه fourth forth',
  'الخامس خامس الخامسه fifth',
  'السادس سادس السادسه السادسه sixth',
  'السابع سابع السابعه seventh',
  'الثامن ثامن الثامنه التامن تامن eighth eigth',
  'التاسع تاسع التاسعه ninth',
  'العاشر عاشر العاشره tenth',
];
const COUNTS = [
  'واحد واحده وحده one',
  'اثنين اثنان ثنين اتنين تنين اثنتين ثنتين two',
  'ثلاثه ثلاث تلاته تلات three',
  'اربعه اربع four',
  'خمسه خمس five',
  'سته ست six',
  'سبعه سبع seven',
  'ثمانيه ثمان ثماني تمانيه تمنيه eight',
  'تسعه تسع nine',
  'عشره عشر ten',
];

const ORDINAL_PLACES = toPlaces(ORDINALS);
const COUNT_PLACES = toPlaces(COUNTS);

function toPlaces(lines: readonly string[]): ReadonlyMap<string, number> {
  return new Map(lines.flatMap((line, place) => line.split(' ').map((word) => [word, place] as const)));
}

function placeOf(word: string): number | null {
  if (/^\d{1,3}$/.test(word)) return Number(word) - 1;
  return ORDINAL_PLACES.get(word) ?? COUNT_PLACES.get(word) ?? null;
}
