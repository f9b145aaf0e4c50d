import { choicePosition } from './choice-words.ts';
import { editDistance } from './edit-distance.ts';
import { normalise } from './normalise.ts';
import { cutPrefix } from './stem.ts';

/**
 * The index of the menu choice a person typed instead of tapping, or null where it is not plainly one of them.
 *
 * Understood, the surest first: the label itself; its place in the menu («١», «الثاني», "the first one", «الأخير»);
 * a yes or no in another word; a part that only one label holds; a label within a short sentence; a small typo.
 * A text that fits two labels, that denies («مو هذا»), or that is longer than a choice resolves to null.
 */
export function resolveChoice(text: string, labels: readonly string[]): number | null {
  if (text.length > LONGEST_CHOICE) return null;
  const typed = toWords(text);
  if (typed.length === 0) return null;
  const choices = labels.map(toWords);

  const exact = only(choices, (choice) => choice.join(' ') === typed.join(' '));
  if (exact !== null) return exact;

  const position = choicePosition(typed, labels.length);
  if (position !== null) {
    const named = typed.filter((word) => /^\d+$/.test(word));
    const otherHoldsNumber = choices.some(
      (choice, index) => index !== position && named.some((word) => choice.includes(word)),
    );
    return otherHoldsNumber ? null : position;
  }
  if (typed.length > MOST_WORDS) return null;

  const agreement = ANSWERS.find((words) => words.has(typed.join(' ')));
  if (agreement !== undefined)
    return (
      only(choices, (choice) => agreement.has(choice.join(' '))) ??
      only(choices, ([first]) => first !== undefined && agreement.has(first))
    );

  // «غير موافق» must never pick «موافق», nor «أوافق» «لا أوافق»: a part counts only where both deny or neither does.
  const isDenied = denies(text);
  const wanted = meaningful(isDenied ? typed.filter((word) => word !== 'ما' && !DENIALS.has(word)) : typed);
  if (wanted.length === 0) return null;
  const bare = choices.map((choice, index) => (denies(labels[index] ?? '') === isDenied ? choice.map(cutPrefix) : []));
  return (
    only(bare, (choice) => wanted.every((word) => choice.includes(word))) ??
    only(bare, (choice) => choice.length > 0 && choice.every((word) => wanted.includes(word))) ??
    only(bare, (choice) => wanted.every((word) => choice.some((other) => isBeginning(word, other)))) ??
    only(bare, (choice) => isTypo(wanted.join(' '), choice.join(' '))) ??
    only(bare, (choice) => wanted.every((word) => choice.some((other) => isTypo(word, other))))
  );
}

const LONGEST_CHOICE = 200;
const MOST_WORDS = 8;

// In the normalised spelling: «أيوه» and «ايوة» are here once.
const ANSWERS = [
  new Set(
    'نعم,ايوه,ايه,اي,اي نعم,اجل,بلي,تمام,اوكي,موافق,اكيد,طبعا,yes,yes please,yeah,yep,yup,ok,okay,sure,y'.split(','),
  ),
  new Set('لا,لا لا,لا شكرا,كلا,no,no thanks,nope,nah,n'.split(',')),
];

const DENIALS = new Set('لا مو مش مهو مب موب ماهو ليس غير بدون not no dont without except'.split(' '));

// Words of asking that surround a choice and name none.
const FILLERS = new Set(
  'ابي ابغي ابغا اريد اود عايز عاوز بدي ودي اختار اخترت خيار اختيار رقم هذا هذه هاذا ده دي لو سمحت سمحتي فضلك من رجاء يا اخي خلاص i want would like choose pick option choice number the this one please a an to'.split(
    ' ',
  ),
);

// «ما» denies, «ماء» is water; once normalised they are one word, so «ما» is looked for as it was typed.
function denies(text: string): boolean {
  return toWords(text).some((word) => DENIALS.has(word)) || /(?:^|\s)ما\s+\S/u.test(text);
}

function toWords(text: string): string[] {
  const normal = normalise(text);
  return normal === '' ? [] : normal.split(' ');
}

function meaningful(words: readonly string[]): string[] {
  return words
    .filter((word) => !FILLERS.has(word))
    .map(cutPrefix)
    .filter((word) => !FILLERS.has(word));
}

function isBeginning(word: string, other: string): boolean {
  return word === other || (word.length >= 3 && other.startsWith(word));
}

function isTypo(word: string, other: string): boolean {
  const shorter = Math.min(word.length, other.length);
  const limit = shorter >= 8 ? 2 : shorter >= 4 ? 1 : 0;
  return editDistance(word, other, limit) <= limit;
}

function only<T>(items: readonly T[], fits: (item: T) => boolean): number | null {
  const first = items.findIndex(fits);
  if (first < 0) return null;
  return items.slice(first + 1).some(fits) ? null : first;
}
