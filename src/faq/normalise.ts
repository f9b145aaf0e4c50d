import { isArabizi, transliterate } from './arabizi.ts';

/**
 * Reduces a text to the one spelling under which everything is compared: questions, menu choices, commands.
 * Idempotent; lower-case words and numbers joined by single spaces; empty where the text holds neither.
 * The steps run in the order of {@link STEPS}: each relies on those before it.
 */
export function normalise(text: string): string {
  let result = text;
  for (const { apply } of STEPS) result = apply(result);
  return result;
}

interface Step {
  readonly name: string;
  readonly reason: string;
  readonly apply: (text: string) => string;
}

const STEPS: readonly Step[] = [
  {
    name: 'drop invisible characters',
    reason: 'bidi marks, joiners and soft hyphens come with copied Arabic text and are not seen by the person',
    apply: (text) =>
      text.replace(
        /[\u00AD\u034F\u061C\u115F\u1160\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0]/g,
        '',
      ),
  },
  {
    name: 'compose (NFKC)',
    reason: 'presentation forms (ﻻ), full-width letters and composed marks of one letter must be one code point',
    apply: (text) => text.normalize('NFKC'),
  },
  { name: 'lower case', reason: 'phones capitalise the first letter', apply: (text) => text.toLowerCase() },
  {
    name: 'transliterate',
    reason: "in 2ab3'a digits and apostrophes are letters: read them before digits are split off and punctuation goes",
    apply: (text) =>
      text
        .replace(/[\u2018\u2019\u02BC`]/g, "'")
        .replace(/(?<![\p{L}\p{N}'])[a-z2356789']+(?![\p{L}\p{N}'])/gu, readToken),
  },
  {
    name: 'drop marks of vowels and stretching',
    reason: 'tashkeel, Quranic marks and tatweel change nothing in the word; few people type them',
    apply: (text) => text.replace(/[\u0640]|\p{M}/gu, ''),
  },
  {
    name: 'Persian and Urdu letters',
    reason: 'keyboards of neighbouring languages and old phones give look-alikes of Arabic letters',
    apply: (text) => text.replace(/[کگڭیېەہھپچڤڥژ]/g, (letter) => LOOK_ALIKES[letter] ?? letter),
  },
  {
    name: 'one form of alef, ya, ta marbuta and hamza',
    reason: 'people write them at will (أ ا, ى ي, ة ه, ؤ و, ئ ي) and leave the hamza out',
    apply: (text) => text.replace(/[أإآٱىةؤئء]/g, (letter) => ONE_FORM[letter] ?? ''),
  },
  {
    name: 'digits',
    reason: 'Arabic-Indic and Persian digits are the same numbers',
    apply: (text) => text.replace(/[\u0660-\u0669\u06F0-\u06F9]/g, (digit) => String(digit.charCodeAt(0) % 16)),
  },
  {
    name: 'apostrophes within a word',
    reason: "don't and dont are one word; as a space the apostrophe would leave a stray letter",
    apply: (text) => text.replace(/(?<=\p{L})'+(?=\p{L})/gu, ''),
  },
  {
    name: 'punctuation',
    reason: 'says nothing about the question',
    apply: (text) => text.replace(/[^\p{L}\p{N}]+/gu, ' '),
  },
  {
    name: 'split letters from digits',
    reason: '«20لتر» and «20 لتر» are one',
    apply: (text) => text.replace(/(?<=\p{L})(?=\p{N})|(?<=\p{N})(?=\p{L})/gu, ' '),
  },
  {
    name: 'shorten stretched letters',
    reason: '«كييييف» and "pleeease" are كيف and please; no word of either language has a letter three times in a row',
    apply: (text) => text.replace(/(\p{L})\1{2,}/gu, '$1'),
  },
  { name: 'trim', reason: 'the spaces left at the edges', apply: (text) => text.trim() },
];

function readToken(token: string): string {
  const bare = token.replace(/^'+/, '');
  return isArabizi(bare) ? transliterate(bare) : token;
}

const LOOK_ALIKES: Readonly<Record<string, string>> = {
  ک: 'ك',
  گ: 'ك',
  ڭ: 'ك',
  ی: 'ي',
  ې: 'ي',
  ە: 'ه',
  ہ: 'ه',
  ھ: 'ه',
  پ: 'ب',
  چ: 'ج',
  ڤ: 'ف',
  ڥ: 'ف',
  ژ: 'ز',
};

const ONE_FORM: Readonly<Record<string, string>> = {
  أ: 'ا',
  إ: 'ا',
  آ: 'ا',
  ٱ: 'ا',
  ى: 'ي',
  ة: 'ه',
  ؤ: 'و',
  ئ: 'ي',
  ء: '',
};
