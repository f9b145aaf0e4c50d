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
 * What the forms of a verb share in any dialect, from its stem: `نتبرع`, `كنتبرع`, `متبرع` -> `برع`. Letters that may stand for person,
 * aspect, future or negation are cut at both ends while three stay, then the vowels after the first. Rougher than a stem (`تحويل` ->
 * `ول`), so it stands beside it and never for it. Words of other scripts come back unchanged.
 */
export function toRoot(stemmed: string): string {
  if (!ARABIC.test(stemmed)) return stemmed;
  let rest = stemmed.replace(/^[ايتنم]ست(?=...)/, '');
  for (let cut = 0; cut < MOST_VERB_PREFIXES && rest.length > 3 && VERB_PREFIX.test(rest); cut++) rest = rest.slice(1);
  rest = rest.replace(/(?<=...)(?:وا|ين|ون|[تاو]?ش|[تاوهكي])$/, '');
  const hard = rest.slice(0, 1) + rest.slice(1).replace(/[اوي]/g, '');
  return hard.length > 1 ? hard : rest;
}

const ARABIC = /^[\u0600-\u06FF]+$/;
const LATIN = /^[a-z]+$/;
const ARTICLES = ['وال', 'بال', 'كال', 'فال', 'ولل', 'ال', 'لل'];

// After Larkey's light10, with the pronouns the dialects add.
const SUFFIXES = 'هما كما تها ها ان ات ون ين يه هم هن كم نا تي ني ه ي ك'.split(' ');

const MOST_VERB_PREFIXES = 3;
// Person اتين, participle م, aspect بعك (Egypt, the Levant, Morocco), future سحهغ.
const VERB_PREFIX = /^[اتينمبعكسحهغ]/;

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
