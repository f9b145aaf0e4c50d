import { partOfWord, type NumberPart } from './number-vocabulary.ts';

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
    const next = /\d/.test(token) ? literal(token) : partOfWord(token, isJoined);
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

function start(part: NumberPart): Composition {
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
function extend(open: Composition, part: NumberPart): Composition | undefined {
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

function literal(token: string): NumberPart {
  const isGrouped = /^[+-]?(?!0[,'])\d{1,3}(?:[,'](?:\d{2}[,'])*\d{3})+(?:\.\d+)?$/.test(token);
  const plain = isGrouped ? token.replace(/[,']/g, '') : token.replace(/^([+-]?\d+),(\d+)$/, '$1.$2');
  return { type: 'literal', value: /^[+-]?\d*(?:\.\d+)?$/.test(plain) ? Number(plain) : NaN };
}
