import { dropSteering, foldDigits } from './fold-digits.ts';
import { accepted, refused, type NameRule, type ParsedAnswer } from './types.ts';

/** Longest name taken, in code points; the limit of a name's field in a passport's zone is 39, of civil registers about 100. */
const longestName = 100;

/**
 * A person's name in any script: letters with their marks, spaces, and the few signs that names carry (apostrophe, hyphen, dot).
 * Tatweel and doubled spaces go; «اسمي» and "my name is" before it go; nothing else is changed, names are as people write them.
 *
 * Source: W3C, "Personal names around the world" (no assumption on the number of words, their case or their script).
 */
export function parseName(rule: NameRule, text: string): ParsedAnswer {
  const typed = dropSteering(text)
    .replace(/\u0640/g, '')
    .replace(/\s+/gu, ' ')
    .trim();
  if (foldDigits(typed) === '') return refused('empty');
  if ([...typed].length > longestName) return refused('too-long', { count: longestName, length: [...typed].length });
  const name = typed
    .replace(introduction, '')
    .replace(/[\s.،,؛;!]+$/u, '')
    .trim();
  if (!looksLikeName.test(name) || (name.match(/\p{L}/gu) ?? []).length < 2) return refused('not-a-name');
  const minWords = rule.minWords ?? 1;
  if (name.split(' ').filter((word) => /\p{L}/u.test(word)).length < minWords)
    return refused('name-too-few-words', { count: minWords });
  return accepted(name, name);
}

const introduction = /^(?:(?:[أا]نا )?[إا]سمي(?: هو)?|الاسم|my name is|name)\s*[:：-]?\s+/iu;
const looksLikeName = /^\p{L}[\p{L}\p{M}\u200C\u200D '’ʼʻ`.\-‐]*$/u;
