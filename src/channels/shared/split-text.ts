/**
 * Splits a text into parts of at most `limit` UTF-16 units: at paragraphs, else lines, else sentence ends, else spaces. Never
 * inside a link, a number written in groups ("050 123 4567") or isolated run that would fit a part whole, and never inside a
 * character with its marks (a surrogate pair, an Arabic letter with its vowels, a joined emoji) unless it alone is over the limit.
 * Only whitespace at the cuts and at both ends is dropped. A blank text has no parts.
 */
export function splitText(text: string, limit: number): string[] {
  if (limit < 2) throw new RangeError(`a part must hold at least 2 units, not ${limit}`);
  const rest = text.trim();
  if (rest.length <= limit) return rest === '' ? [] : [rest];
  const wholes = findWholes(rest, limit);
  const parts: string[] = [];
  let from = 0;
  while (rest.length - from > limit) {
    const cut = findCut(rest, from, limit, wholes);
    parts.push(rest.slice(from, cut).trimEnd());
    from = cut + leadingSpace(rest, cut);
  }
  if (from < rest.length) parts.push(rest.slice(from));
  return parts;
}

/** A run that must stay in one part. */
interface Whole {
  readonly start: number;
  readonly end: number;
}

/** Each pattern is bounded, so that no text takes more than linear time. */
const wholePatterns = [
  /(?:https?:\/\/|www\.)\S+/giu,
  /[^\s@]{1,64}@[^\s@]{1,255}/gu,
  /[+\p{Nd}][\p{Nd}.,٫٬:/-]*(?: [\p{Nd}][\p{Nd}.,٫٬:/-]*)*/gu,
  // The number of a list's item and the word after it.
  /^\p{Nd}{1,3}[.)-] +\S{1,100}/gmu,
  /[\u2066-\u2068][^\u2066-\u2069\n]{0,400}\u2069/gu,
];

function findWholes(text: string, limit: number): readonly Whole[] {
  return wholePatterns
    .flatMap((pattern) => [...text.matchAll(pattern)])
    .map((match) => ({ start: match.index, end: match.index + match[0].length }))
    .filter((whole) => whole.end - whole.start <= limit && whole.end - whole.start > 1)
    .sort((a, b) => a.start - b.start);
}

/** Where a part that starts at `from` ends: after `from`, at most `limit` further. */
function findCut(text: string, from: number, limit: number, wholes: readonly Whole[]): number {
  const window = text.slice(from, from + limit + 1);
  const near = wholes.filter((whole) => whole.end > from && whole.start <= from + limit);
  const isFree = (at: number) => !near.some((whole) => whole.start < at && at < whole.end);
  const least = Math.floor(limit / 2);
  return (
    lastFree(window, /\n\s*\n/gu, from, least, isFree) ??
    lastFree(window, /\n/gu, from, least, isFree) ??
    lastFree(window, /[.!?؟…][)\]"'»”’]*(?=\s)/gu, from, least, isFree) ??
    lastFree(window, /\s/gu, from, 1, isFree) ??
    hardCut(text, from, limit, near)
  );
}

/** The last place a pattern ends (whitespace it holds may hang over the limit, as it is dropped), no earlier than `least`. */
function lastFree(
  window: string,
  pattern: RegExp,
  from: number,
  least: number,
  isFree: (at: number) => boolean,
): number | undefined {
  let found: number | undefined;
  for (const match of window.matchAll(pattern)) {
    const kept = match.index + match[0].trimEnd().length;
    if (kept >= least && kept < window.length && isFree(from + kept)) found = from + kept;
  }
  return found;
}

/** A cut where there is no space: before a run that must stay whole, else between two characters. */
function hardCut(text: string, from: number, limit: number, near: readonly Whole[]): number {
  const cutting = near.find((whole) => whole.start > from && whole.start < from + limit && whole.end > from + limit);
  if (cutting) return cutting.start;
  let cut = from;
  // One unit more than the limit shows whether the last character ends there.
  for (const { index, segment } of characters.segment(text.slice(from, from + limit + 64))) {
    if (index + segment.length > limit) break;
    cut = from + index + segment.length;
  }
  if (cut > from) return cut;
  const splitsPair = /[\uD800-\uDBFF]/.test(text.charAt(from + limit - 1));
  return from + limit - (splitsPair ? 1 : 0);
}

const characters = new Intl.Segmenter('ar', { granularity: 'grapheme' });

function leadingSpace(text: string, at: number): number {
  const space = /\s*/uy;
  space.lastIndex = at;
  return space.exec(text)?.[0].length ?? 0;
}
