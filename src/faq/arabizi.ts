/**
 * Writes a Latin-letter Arabic word in Arabic letters: `2ab3'a` -> `ابغا`, `masjed` -> `مسجد`.
 *
 * Short vowels are not written in Arabic, so `a`, `e` and `i` between consonants are dropped, and kept at the edges of
 * the word, where they are long. The spelling is a best guess: {@link file://./readings.ts} prefers a known word.
 * Takes lower-case letters, digits and apostrophes; any other character is dropped.
 */
export function transliterate(word: string): string {
  let arabic = '';
  let position = 0;
  while (position < word.length) {
    const pair = word.slice(position, position + 2);
    const single = word[position] ?? '';
    const next = PAIRS[pair];
    if (next !== undefined) {
      arabic += next;
      position += 2;
      continue;
    }
    const isEdge = position === 0 || position === word.length - 1;
    const letter = (isEdge ? EDGE_VOWELS[single] : undefined) ?? SINGLES[single] ?? '';
    if (!arabic.endsWith(letter) || letter === 'ل') arabic += letter;
    position += 1;
  }
  return arabic;
}

/**
 * Whether a token must be Latin-letter Arabic because digits stand in it for letters: `2ab3'a`, `ma7all`, `3ndi`.
 * Not so for counts and names that merely carry a digit: `2nd`, `5pm`, `mp3`, `covid19`, `h2o`, `24h`.
 */
export function isArabizi(token: string): boolean {
  if (!/^[a-z2356789']+$/.test(token) || !/[2356789]/.test(token)) return false;
  if (/\d\d/.test(token)) return false;
  if (
    /^\d(nd|rd|th|st|[ap]m|kg|km|cm|mm|gb|mb|tb|ml|min|mins|hr|hrs|hour|hours|day|days|week|weeks|month|months|year|years|x|k|d|g)$/.test(
      token,
    )
  )
    return false;
  return /^[a-z]+'?[2356789]'?[a-z]/.test(token)
    ? token.length >= 4
    : /^[2356789]'?[a-z]{2,}/.test(token) || /^[a-z]{3,}[2357]'?$/.test(token);
}

const PAIRS: Readonly<Record<string, string>> = {
  "3'": 'غ',
  "7'": 'خ',
  "6'": 'ظ',
  "9'": 'ض',
  kh: 'خ',
  gh: 'غ',
  sh: 'ش',
  ch: 'ش',
  th: 'ث',
  dh: 'ذ',
  oo: 'و',
  ou: 'و',
  aw: 'و',
  ow: 'و',
  ee: 'ي',
  ei: 'ي',
  ai: 'ي',
  ay: 'ي',
  ey: 'ي',
  aa: 'ا',
  '2a': 'ا',
  '2e': 'ا',
  '2i': 'ا',
  '2u': 'ا',
  '2o': 'و',
};

const EDGE_VOWELS: Readonly<Record<string, string>> = { a: 'ا', e: 'ا', i: 'ي', u: 'و', '2': 'ا' };

const SINGLES: Readonly<Record<string, string>> = {
  b: 'ب',
  c: 'ك',
  d: 'د',
  f: 'ف',
  g: 'ق',
  h: 'ه',
  j: 'ج',
  k: 'ك',
  l: 'ل',
  m: 'م',
  n: 'ن',
  o: 'و',
  p: 'ب',
  q: 'ق',
  r: 'ر',
  s: 'س',
  t: 'ت',
  u: 'و',
  v: 'ف',
  w: 'و',
  x: 'كس',
  y: 'ي',
  z: 'ز',
  '3': 'ع',
  '5': 'خ',
  '6': 'ط',
  '7': 'ح',
  '8': 'ق',
  '9': 'ص',
};
