/**
 * What a text would be had the keyboard been switched: `hgsghl` (typed on the Latin layout) -> «السلام», «ىثثي» -> `need`.
 * The layouts are Windows' Arabic (101) and US English. Characters on neither stay as they are.
 */
export function toOtherLayout(text: string): string {
  const isLatin = /[a-z]/i.test(text);
  if (isLatin) return [...text.toLowerCase()].map((key) => TO_ARABIC.get(key) ?? key).join('');
  return [...text.replaceAll('لا', 'ﻻ')].map((letter) => TO_LATIN.get(letter) ?? letter).join('');
}

const KEYS = "qwertyuiop[]asdfghjkl;'zxcvnm,./`b";
const LETTERS = 'ضصثقفغعهخحجدشسيبلاتنمكطئءؤرىةوزظذﻻ';
const TO_ARABIC = new Map([...KEYS].map((key, place) => [key, [...LETTERS][place] ?? key]));
const TO_LATIN = new Map([...LETTERS].map((letter, place) => [letter, [...KEYS][place] ?? letter]));
