import { describe, expect, it } from 'vitest';
import { findLexiconProblem } from '../../src/faq/lexicon-problem.ts';
import { readShippedSources } from './shipped-sources.ts';

describe('a lexicon as an admin edits it', () => {
  it('is in order as it is shipped', () => {
    expect(findLexiconProblem(readShippedSources().lexicon)).toBeNull();
  });

  it.each([
    [{ words: { 'ماء عذب': ['مويه'] } }, 'words: "ماء عذب": expected one word'],
    [{ words: { ماء: ['م'] } }, 'words: "ماء": "م": expected one word of two letters or more'],
    [{ words: { ماء: ['وايت'], صهريج: ['وايتُ'] } }, 'words: "وايتُ" stands under two headings'],
    [{ greetings: ['،'] }, '"،": expected one to eight words'],
    [{ politeness: ['a b c d e f g h i'] }, '"a b c d e f g h i": expected one to eight words'],
  ])('is refused: %j', (part, problem) => {
    expect(findLexiconProblem({ words: {}, greetings: [], politeness: [], ...part })).toBe(problem);
  });

  it('may name a word twice under one heading', () => {
    expect(findLexiconProblem({ words: { لي: ['حقي', 'حقّي'] }, greetings: ['هلا'], politeness: [] })).toBeNull();
  });
});
