/**
 * Every number in a folded text, written in digits («٣٬٥٠٠», "3.5"), in words («خمسة وعشرين», "two hundred") or in both («٥ آلاف»).
 * NaN stands for digits that are no number ("1.2.3") and for words that would change one beside them («ونصف», "minus").
 *
 * Separators: Unicode's Arabic decimal (٫) and thousands (٬) separators, and `,` `،` `.` as people use them here: a dot is decimal;
 * a comma groups where three digits follow (two as well, in South Asian style), else it is decimal.
 */
export function numbersIn(folded: string): number[] {
  const found: { value: number; isWeak: boolean }[] = [];
  let open: Composition | undefined;
  let isJoined = false;
  const close = (): void => {
    if (open !== undefined) found.push({ value: open.total + open.current, isWeak: open.isWeak });
    open = undefined;
  };
  for (const token of tokensOf(folded)) {
    if (token === 'و' || token === 'and') {
      isJoined = true;
      continue;
    }
    const next = /\d/.test(token) ? literal(token) : wordPart(token, isJoined);
    isJoined = false;
    if (next === undefined) {
      close();
      continue;
    }
    const extended = open === undefined ? undefined : extend(open, next);
    if (extended === undefined) close();
    open = extended ?? start(next);
  }
  close();
  const strong = found.filter((number) => !number.isWeak);
  return (strong.length > 0 ? strong : found).map((number) => number.value);
}

/** A number under construction: what larger scales have closed, what is below, and what may still follow. */
interface Composition {
  readonly total: number;
  readonly current: number;
  readonly lastScale: number;
  readonly isLiteral: boolean;
  /** «مية» alone is a hundred or water: it counts only when no other number is there. */
  readonly isWeak: boolean;
}

type Part =
  | { readonly type: 'literal'; readonly value: number }
  | { readonly type: 'small'; readonly value: number; readonly isArabic: boolean; readonly isJoined: boolean }
  | { readonly type: 'hundreds'; readonly value: number }
  | { readonly type: 'hundred' }
  /** `times` is 2 in a dual («ألفين»), which takes no number before it. */
  | { readonly type: 'scale'; readonly value: number; readonly times: 1 | 2 };

function start(part: Part): Composition {
  const empty = { total: 0, current: 0, lastScale: Infinity, isLiteral: false, isWeak: false };
  switch (part.type) {
    case 'literal':
      return { ...empty, current: part.value, isLiteral: true };
    case 'small':
    case 'hundreds':
      return { ...empty, current: part.value };
    case 'hundred':
      return { ...empty, current: 100, isWeak: true };
    case 'scale':
      return { ...empty, total: part.value * part.times, lastScale: part.value };
  }
}

/** The number with one more part, or undefined where the part begins another number («خمسة ستة» are two). */
function extend(open: Composition, part: Part): Composition | undefined {
  const rest = open.current % 100;
  switch (part.type) {
    case 'literal':
      return undefined;
    case 'small': {
      if (open.isLiteral || part.value === 0 || open.total + open.current === 0) return undefined;
      const isTeen = part.isArabic && !part.isJoined && part.value === 10 && rest >= 1 && rest <= 9;
      const isTensAfterUnit = part.isArabic && part.value >= 20 && rest >= 1 && rest <= 9;
      const isUnitAfterTens = rest >= 20 && rest % 10 === 0 && part.value < 10;
      const fits = rest === 0 || isTeen || isTensAfterUnit || isUnitAfterTens;
      return fits ? { ...open, current: open.current + part.value, isWeak: false } : undefined;
    }
    case 'hundreds':
      return open.current === 0 && !open.isLiteral ? { ...open, current: part.value } : undefined;
    case 'hundred':
      return open.current < 10 ? { ...open, current: Math.max(open.current, 1) * 100, isLiteral: false } : undefined;
    case 'scale':
      if (part.value >= open.lastScale || (part.times === 2 && open.current > 0)) return undefined;
      return {
        total: open.total + scaled(open.isLiteral ? open.current : Math.max(open.current, part.times), part.value),
        current: 0,
        lastScale: part.value,
        isLiteral: false,
        isWeak: false,
      };
  }
}

/** Rounded to the digits a double holds for sure: 1.005 thousand is 1005, not 1004.9999999999999. */
function scaled(value: number, scale: number): number {
  return Number((value * scale).toPrecision(15));
}

function tokensOf(folded: string): string[] {
  const text = folded
    .replace(/−/g, '-')
    .replace(/٬|،(?=\d)/g, ',')
    .replace(/٫/g, '.')
    .replace(/(?<!\p{L})(و?)(?:احد|احدي|احدا) عشره?(?!\p{L})/gu, '$1احدعشر')
    .replace(/(?<!\p{L})(و?)(?:اثنا|اثني|اثنتا|اثنتي) عشره?(?!\p{L})/gu, '$1اثناعشر')
    .replace(/(?<![\d.,])\d{1,3}(?: \d{3})+(?![\d.,])/g, (grouped) => grouped.replace(/ /g, ''));
  return text.match(/(?:(?<![\d\p{L}.,])[+-])?[.]?\d(?:[\d.,']*\d)?|[\p{L}\p{M}]+/gu) ?? [];
}

function literal(token: string): Part {
  const isGrouped = /^[+-]?(?!0[,'])\d{1,3}(?:[,'](?:\d{2}[,'])*\d{3})+(?:\.\d+)?$/.test(token);
  const plain = isGrouped ? token.replace(/[,']/g, '') : token.replace(/^([+-]?\d+),(\d+)$/, '$1.$2');
  return { type: 'literal', value: /^[+-]?\d*(?:\.\d+)?$/.test(plain) ? Number(plain) : NaN };
}

function wordPart(word: string, isJoined: boolean): Part | undefined {
  const known = partOf(word, isJoined);
  return known ?? (word.startsWith('و') ? partOf(word.slice(1), true) : undefined);
}

function partOf(word: string, isJoined: boolean): Part | undefined {
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
