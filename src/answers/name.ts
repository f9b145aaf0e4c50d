import { dropSteering, foldDigits } from './fold-digits.ts';
import { foldWords } from './fold-words.ts';
import { accepted, refused, type NameRule, type ParsedAnswer } from './types.ts';

/** Longest name taken, in code points; the limit of a name's field in a passport's zone is 39, of civil registers about 100. */
const longestName = 100;

/**
 * A person's name in any script: letters with their marks, spaces, and the few signs that names carry (apostrophe, hyphen, dot).
 * Tatweel, emoji and doubled spaces go; «اسمي» and "my name is" before it go; nothing else is changed, names are as people write
 * them. A greeting or a yes in its place is no name.
 *
 * Source: W3C, "Personal names around the world" (no assumption on the number of words, their case or their script).
 */
export function parseName(rule: NameRule, text: string): ParsedAnswer {
  const typed = dropSteering(text)
    .replace(/[\u0640\uFE0E\uFE0F]|\p{Extended_Pictographic}|\p{Emoji_Modifier}/gu, '')
    .replace(/\s+/gu, ' ')
    .trim();
  if (foldDigits(text) === '') return refused('empty');
  const length = [...typed].length;
  if (length > longestName) return refused('too-long', { count: longestName, length });
  const name = typed.replace(introduction, '').replace(/[\s.،,؛;!]+$/u, '');
  if (!looksLikeName.test(name) || (name.match(/\p{L}/gu) ?? []).length < 2) return refused('not-a-name');
  if (notNames.has(foldWords(name))) return refused('not-a-name');
  const { minWords = 1 } = rule;
  const words = name.split(' ').filter((word) => /\p{L}/u.test(word));
  return words.length < minWords ? refused('name-too-few-words', { count: minWords }) : accepted(name, name);
}

const introduction = /^(?:(?:[أا]نا )?[إا]سمي(?: هو)?|الاسم|my name is|name)(?:\s*[:：-]\s*|\s+)/iu;
const looksLikeName = /^\p{L}[\p{L}\p{M}\u200C\u200D '’ʼʻ`.\-‐]*$/u;

/** What people send in place of a name; greetings above all. Folded. */
const notNames: ReadonlySet<string> = new Set(
  'السلام عليكم|السلام عليكم ورحمه الله|السلام عليكم ورحمه الله وبركاته|سلام عليكم|سلام|مرحبا|اهلا|هلا|صباح الخير|مساء الخير|نعم|لا|ايوه|اسمي|شكرا|طيب|تمام|hi|hello|hey|salam|yes|no|ok|okay|thanks|my name|test'.split(
    '|',
  ),
);
