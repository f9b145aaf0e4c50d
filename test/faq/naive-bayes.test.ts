import { describe, expect, it } from 'vitest';
import { groupByClass, measureLikeness } from '../../src/faq/likeness.ts';
import { fitNaiveBayes, scoreNaiveBayes } from '../../src/faq/naive-bayes.ts';
import { toQuery } from '../../src/faq/query.ts';
import type { SparseVector } from '../../src/faq/sparse.ts';
import { toMatrix } from '../../src/faq/sparse.ts';

const row = (...pairs: [number, number][]): SparseVector => ({
  ids: Int32Array.from(pairs, ([id]) => id),
  values: Float32Array.from(pairs, ([, value]) => value),
});
const FEATURES = 6;
const documents = toMatrix([row([0, 0.6], [1, 0.8]), row([0, 1]), row([2, 0.8], [3, 0.6]), row([1, 0.3], [4, 0.9])]);
const labels = Int32Array.from([0, 0, 1, 2]);
const byClass = groupByClass(labels, 3, documents);
const likelihoodOf = (vector: SparseVector, label: number): number =>
  measureLikeness(toQuery(new Uint16Array(FEATURES), vector, 1), documents, byClass, label).likelihood;
const model = fitNaiveBayes(documents, labels, 3, FEATURES);

describe('naive Bayes', () => {
  it('takes a text for the class that holds its features', () => {
    const scores = scoreNaiveBayes(row([2, 0.7], [3, 0.7]), model);
    expect(scores.indexOf(Math.max(...scores))).toBe(1);
  });

  it('prefers the class that holds a feature more often', () => {
    const [first = 0, , third = 0] = scoreNaiveBayes(row([1, 1]), model);
    expect(first).toBeGreaterThan(third);
  });

  it('says the same from the phrasings of a class as from its weights, as a mean', () => {
    const vector = row([0, 0.5], [1, 0.5], [5, 0.7]);
    const mass = vector.values.reduce((sum, value) => sum + value, 0);
    scoreNaiveBayes(vector, model).forEach((score, label) => {
      expect(likelihoodOf(vector, label)).toBeCloseTo(score / mass, 4);
    });
  });

  it('finds the smaller class likelier where nothing is known', () => {
    const [large, small] = [0, 1].map((label) => likelihoodOf(row(), label));
    expect(small).toBeGreaterThan(large ?? Infinity);
  });
});
