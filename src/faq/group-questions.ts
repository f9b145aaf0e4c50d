import { indexLexicon, toComparedWords } from './lexicon.ts';
import type { Steps } from './steps.ts';
import type { Lexicon } from './types.ts';
import { LONGEST_QUESTION } from './types.ts';
import { buildVocabulary } from './vocabulary.ts';

/**
 * The cosine from which two questions are shown as one. Of 2,000 shipped phrasings drawn at random, 45 % then stand in groups of two and
 * more, five in six of them among others of their own entry; lower, groups grow and mix.
 */
const ALIKE = 0.3;

/** Pieces in more texts than this tell nothing of a question, and cost most of the time. */
const COMMON_SHARE = 0.03;
const COMMON_COUNT = 30;

/**
 * Groups questions that ask alike, for review: each text joins the group whose first text is nearest to it, or begins one. Gives
 * places in `texts`; groups and their members stand in the order given (the first of each speaks for it), so put the commonest
 * first. 2,000 different texts take about 120 ms of a core, in steps, so give it no more.
 */
export function* groupQuestions(texts: readonly string[], lexicon: Lexicon): Steps<number[][]> {
  const index = indexLexicon(lexicon);
  yield;
  const documents: string[][] = [];
  for (const text of texts) {
    documents.push(toComparedWords(text.slice(0, LONGEST_QUESTION), index));
    yield;
  }
  const { vocabulary, matrix } = yield* buildVocabulary(documents);
  const { starts, columns, values } = matrix;
  const tooCommon = (1 + texts.length) / (1 + Math.max(COMMON_COUNT, texts.length * COMMON_SHARE));
  const leastRarity = Math.log(tooCommon) + 1;
  // For each feature, the groups whose first text holds it, and its weight there, in turn.
  const postings = new Array<number[] | undefined>(vocabulary.rarity.length);
  const alike = new Float32Array(texts.length);
  const groups: number[][] = [];
  for (let row = 0; row < texts.length; row++) {
    yield;
    alike.fill(0, 0, groups.length);
    let nearest = 0;
    for (let at = starts[row]!; at < starts[row + 1]!; at++) {
      const posting = postings[columns[at]!];
      if (posting === undefined) continue;
      const value = values[at]!;
      for (let place = 0; place < posting.length; place += 2) {
        alike[posting[place]!]! += posting[place + 1]! * value;
      }
    }
    for (let group = 1; group < groups.length; group++) if (alike[group]! > alike[nearest]!) nearest = group;
    if (groups.length > 0 && alike[nearest]! >= ALIKE) {
      groups[nearest]!.push(row);
      continue;
    }
    for (let at = starts[row]!; at < starts[row + 1]!; at++) {
      const feature = columns[at]!;
      if (vocabulary.rarity[feature]! >= leastRarity) (postings[feature] ??= []).push(groups.length, values[at]!);
    }
    groups.push([row]);
  }
  return groups;
}
