import { collapseStress, foldWords, wordsOf } from './fold-words.ts';
import { accepted, refused, type ParsedAnswer } from './types.ts';

/**
 * Yes or no, in Arabic (standard and spoken), English or by a sign: «ايوه», «لأ», "yes please", 👍, and 1 or 2 as in the numbered list a
 * channel without buttons shows. Words that say neither, or both, are asked again: a wrong yes is a consent nobody gave.
 */
export function parseYesNo(text: string, language: string): ParsedAnswer {
  const folded = collapseStress(foldWords(text));
  if (folded === '') return refused('empty');
  if (folded.length > 100) return refused('not-yes-or-no');
  const answer = bySign(folded) ?? byWords(wordsOf(folded));
  if (answer === undefined) return refused('not-yes-or-no');
  return accepted(answer, language.toLowerCase().startsWith('ar') ? (answer ? 'نعم' : 'لا') : answer ? 'Yes' : 'No');
}

/** The whole message is a number of the list, or signs that all say the same. */
function bySign(folded: string): boolean | undefined {
  const bare = folded.replace(/\p{Emoji_Modifier}|[\s.!،,()-]/gu, '');
  if (bare === '1') return true;
  if (bare === '2' || bare === '0') return false;
  if (/^[👍👌✅✔✓☑🆗]+$/u.test(bare)) return true;
  return /^[👎❌✖✗🚫⛔]+$/u.test(bare) ? false : undefined;
}

function byWords(words: readonly string[]): boolean | undefined {
  const sentence = words.join(' ');
  if (yesSentences.has(sentence)) return true;
  if (noSentences.has(sentence)) return false;
  const meaning = words.filter((word) => !courtesies.has(word));
  if (meaning.length === 0) return undefined;
  if (meaning.every((word) => yesWords.has(word))) return true;
  return meaning.every((word) => noWords.has(word)) ? false : undefined;
}

const yesWords = wordSet(
  'نعم|اي|ايه|ايوه|ايوا|ايوة|اه|آه|اها|ايي|ابشر|اكيد|طبعا|تمام|موافق|موافقه|اوافق|صح|صحيح|بلى|اجل|حاضر|طيب|اوك|اوكي|اوكيه|يس|yes|y|yeah|yep|yup|sure|ok|okay|okey|k|correct|right|agree|agreed|true|aywa|naam|na3am',
);
const noWords = wordSet('لا|لاء|لأ|لاه|كلا|مو|مب|نو|لالا|ابدا|ارفض|no|n|nope|nah|never|la|false|wrong');
const courtesies = wordSet(
  'شكرا|مشكور|مشكوره|يعطيك|العافيه|من|فضلك|لو|سمحت|سمحتي|والله|يا|اخي|اختي|اخوي|جزاك|جزاكم|الله|خير|خيرا|ان|شاء|انشالله|بالله|بالتاكيد|please|pls|thanks|thank|you|sir|i|of|course|it|is|thats|that|do',
);
const yesSentences = wordSet(
  'لا مانع|لا باس|ما عندي مانع|ماعندي مانع|لا مانع لدي|ليس لدي مانع|ليش لا|لم لا|why not|no problem|of course|بالتاكيد|على بركه الله|i do',
);
const noSentences = wordSet(
  'لا اوافق|غير موافق|غير موافقه|مو موافق|مب موافق|مش موافق|لست موافقا|لست موافق|ما اوافق|لا اريد|ما ابغي|ما ابي|ما اريد|مش عايز|مو صحيح|غير صحيح|ليس صحيحا|مش صح|مو صح|بالتاكيد لا|طبعا لا|اكيد لا|not ok|not okay|i do not agree|do not agree|i dont agree|dont agree|i don t agree|not now|of course not|not correct|not right|no way',
);

function wordSet(list: string): ReadonlySet<string> {
  return new Set(list.split('|').map((word) => collapseStress(foldWords(word))));
}
