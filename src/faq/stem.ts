/**
 * Cuts a normalised word down to what its forms share: `والبرادات` -> `براد`, `deliveries` -> `delivery`.
 * A light stem, as a help to matching only: never shown, and no claim to be a root. Double letters become one, so that
 * «موويه» and «مويه» meet. Words of other scripts come back unchanged.
 */
export function stem(word: string): string {
  if (ARABIC.test(word)) return squeeze(cutSuffix(cutPrefix(word)));
  return LATIN.test(word) ? squeeze(stemEnglish(word)) : word;
}

/** Without the article and the particles joined to it: `والمسجد` -> `مسجد`. Leaves at least three letters. */
export function cutPrefix(word: string): string {
  for (const prefix of ARTICLES) {
    if (word.length >= prefix.length + 3 && word.startsWith(prefix)) return word.slice(prefix.length);
  }
  let rest = word;
  if (rest.length >= 5 && /^[وف]/.test(rest)) rest = rest.slice(1);
  if (rest.length >= 5 && /^[بل]|^هال/.test(rest)) rest = rest.slice(1);
  return rest;
}

/**
 * A stem without its vowels, the first letter kept: what is left of a word whichever way its vowels are spelt. Long stems share it by
 * chance seldom enough to tell (a quarter of a point on ArBanking77 and on English queries); beside the stem only.
 */
export function skeleton(stemmed: string): string {
  return stemmed.slice(0, 1) + stemmed.slice(1).replace(/[اويهaeiouy]/g, '');
}

const ARABIC = /^[\u0600-\u06FF]+$/;
const LATIN = /^[a-z]+$/;
const ARTICLES = ['وال', 'بال', 'كال', 'فال', 'ولل', 'ال', 'لل'];

// After Larkey's light10, with the pronouns the dialects add.
const SUFFIXES = 'هما كما تها ها ان ات ون ين يه هم هن كم نا تي ني ه ي ك'.split(' ');

function cutSuffix(word: string): string {
  const suffix = SUFFIXES.find((end) => word.length >= end.length + 3 && word.endsWith(end));
  return suffix === undefined ? word : word.slice(0, -suffix.length);
}

function stemEnglish(word: string): string {
  if (word.length < 4) return word;
  if (word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  let rest = word;
  if (rest.endsWith('ing') && rest.length > 5) rest = rest.slice(0, -3);
  else if (rest.endsWith('ed') && rest.length > 4) rest = rest.slice(0, -2);
  else if (/[^s]s$/.test(rest)) rest = rest.slice(0, -1);
  return rest.endsWith('e') ? rest.slice(0, -1) : rest;
}

function squeeze(word: string): string {
  return word.replace(/(.)\1+/gu, '$1');
}
