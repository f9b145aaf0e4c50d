/** The part a folded word is, with or without a joining و; undefined for words that are no number. */
export function partOfWord(word: string, isJoined: boolean): NumberPart | undefined {
  const known = partOf(word, isJoined);
  return known ?? (word.startsWith('و') ? partOf(word.slice(1), true) : undefined);
}

/** What one word or one run of digits adds to a number. */
export type NumberPart =
  | { readonly type: 'literal'; readonly value: number }
  | { readonly type: 'small'; readonly value: number; readonly isArabic: boolean; readonly isJoined: boolean }
  | { readonly type: 'hundreds'; readonly value: number }
  | { readonly type: 'hundred' }
  /** `times` is 2 in a dual («ألفين»), which takes no number before it. */
  | { readonly type: 'scale'; readonly value: number; readonly times: 1 | 2 };

function partOf(word: string, isJoined: boolean): NumberPart | undefined {
  if (spoilers.has(word)) return { type: 'literal', value: NaN };
  if (hundred.has(word)) return { type: 'hundred' };
  const hundreds = /^(.+)(?:ميه|مايه)$/.exec(word)?.[1];
  if (hundreds !== undefined && hundredsStems.has(hundreds)) {
    return { type: 'hundreds', value: (hundredsStems.get(hundreds) ?? 0) * 100 };
  }
  if (twoHundred.has(word)) return { type: 'hundreds', value: 200 };
  const two = twoOfScale.get(word);
  if (two !== undefined) return { type: 'scale', value: two, times: 2 };
  const scale = scales.get(word);
  if (scale !== undefined) return { type: 'scale', value: scale, times: 1 };
  const value = small.get(word);
  return value === undefined
    ? undefined
    : { type: 'small', value, isArabic: /\p{Script=Arabic}/u.test(word), isJoined };
}

/** Words as `foldWords` leaves them: «مئة» is «ميه», «ثمانية» is «ثمانيه». Standard and spoken forms, by value. */
const small: ReadonlyMap<string, number> = wordMap({
  0: 'صفر zero',
  1: 'واحد واحده وحده one',
  2: 'اثنين اثنان اثنتين اثنتان اتنين ثنين تنين شخصين فردين نفرين ولدين ابنين بنتين طفلين two',
  3: 'ثلاثه ثلاث تلاته تلات three',
  4: 'اربعه اربع four',
  5: 'خمسه خمس five',
  6: 'سته ست six',
  7: 'سبعه سبع seven',
  8: 'ثمانيه ثماني ثمان ثمنيه تمانيه تمن تمان eight',
  9: 'تسعه تسع nine',
  10: 'عشره عشر ten',
  11: 'احدعشر احداعشر حداعش حدعش احدعش eleven',
  12: 'اثناعشر اثنيعشر اثنعشر اثنعش اطنعش اتناشر twelve',
  13: 'ثلاثهعشر ثلطعش ثلاثطعش تلتاشر thirteen',
  14: 'اربعهعشر اربعطعش اربعتاشر fourteen',
  15: 'خمسهعشر خمسطعش خمستاشر fifteen',
  16: 'ستهعشر ستطعش ستاشر sixteen',
  17: 'سبعهعشر سبعطعش سبعتاشر seventeen',
  18: 'ثمانيهعشر ثمنطعش ثمانطعش تمنتاشر eighteen',
  19: 'تسعهعشر تسعطعش تسعتاشر nineteen',
  20: 'عشرين عشرون twenty',
  30: 'ثلاثين ثلاثون تلاتين thirty',
  40: 'اربعين اربعون forty fourty',
  50: 'خمسين خمسون fifty',
  60: 'ستين ستون sixty',
  70: 'سبعين سبعون seventy',
  80: 'ثمانين ثمانون تمانين eighty',
  90: 'تسعين تسعون ninety',
});

const hundred: ReadonlySet<string> = new Set(['ميه', 'مايه', 'hundred', 'hundreds']);
const twoHundred: ReadonlySet<string> = new Set(['ميتين', 'ميتان', 'مايتين', 'مايتان']);
const hundredsStems: ReadonlyMap<string, number> = wordMap({
  3: 'ثلاث تلات ثلث تلت',
  4: 'اربع ربع',
  5: 'خمس',
  6: 'ست',
  7: 'سبع',
  8: 'ثمان ثماني تمان ثمن تمن',
  9: 'تسع',
});
const scales: ReadonlyMap<string, number> = wordMap({
  1000: 'الف الاف الفا thousand thousands k',
  1000000: 'مليون ملايين million millions',
});
const twoOfScale: ReadonlyMap<string, number> = wordMap({ 1000: 'الفين الفان', 1000000: 'مليونين مليونان' });

/** Words that change the number beside them in a way not worth guessing. */
const spoilers: ReadonlySet<string> = new Set(
  'نص نصف ونص ونصف ربع وربع ثلث وثلث ثلثين ناقص half quarter minus dozen درزن دسته'.split(' '),
);

function wordMap(words: Readonly<Record<number, string>>): ReadonlyMap<string, number> {
  return new Map(
    Object.entries(words).flatMap(([value, list]) => list.split(' ').map((word) => [word, Number(value)])),
  );
}
