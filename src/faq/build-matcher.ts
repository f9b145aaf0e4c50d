import type { Trial, Tried } from './calibrate.ts';
import { calibrate, DEFAULT_CALIBRATION } from './calibrate.ts';
import { toFingerprint } from './fingerprint.ts';
import type { LexiconIndex } from './lexicon.ts';
import { indexLexicon, toComparedWords } from './lexicon.ts';
import { groupByClass } from './likeness.ts';
import { fitSvm } from './linear-svm.ts';
import type { Calibration, Classifier, FaqModel } from './model.ts';
import { MODEL_FORMAT } from './model.ts';
import { fitNaiveBayes } from './naive-bayes.ts';
import { packTexts } from './packed-texts.ts';
import type { Quality } from './quality.ts';
import { toQuality } from './quality.ts';
import type { Scorer } from './scoring.ts';
import { finish } from './steps.ts';
import { textsOf } from './texts-of.ts';
import type { FaqEntry, Lexicon } from './types.ts';
import { LONGEST_QUESTION } from './types.ts';
import { buildVocabulary } from './vocabulary.ts';

export interface BuildOptions {
  /** `svm` matches best and takes seconds to a minute; `naive-bayes` is ready at once. Default `svm`. */
  readonly classifier?: Classifier['kind'];
  /** What was learned before, to spare learning it anew; good as long as the entries are mostly the same. */
  readonly learned?: { readonly calibration: Calibration; readonly quality: Quality };
  /** When it is, for what is learned now; milliseconds since 1970. */
  readonly at?: number;
}

/**
 * Builds the model that answers with `entries` and refuses what is like `none`. Deterministic: the same sources give the same
 * model. Questions count as phrasings. Entries without any text never match. Time and memory grow with phrasings x entries:
 * run it off the event loop.
 */
export function buildMatcher(
  entries: readonly FaqEntry[],
  none: readonly string[],
  lexicon: Lexicon,
  options: BuildOptions = {},
): FaqModel {
  const index = indexLexicon(lexicon);
  const texts = [
    ...entries.flatMap((entry, label) => textsOf(entry).map((text) => ({ text, label }))),
    ...none.map((text) => ({ text, label: entries.length })),
  ];
  const documents = texts
    .map(({ text, label }) => ({ text, label, words: toComparedWords(text.slice(0, LONGEST_QUESTION), index) }))
    .filter(({ words }) => words.length > 0);
  const hasNone = documents.some(({ label }) => label === entries.length);
  const kind = options.classifier ?? 'svm';
  const fit = (trials: readonly Trial[]): Scorer => fitScorer(trials, entries.length, hasNone, kind);
  const scorer = fit(documents);
  const entryIds = entries.map(({ id }) => id);
  const { calibration, quality } = options.learned ?? learn(documents, entryIds, fit, options.at ?? null);
  return {
    format: MODEL_FORMAT,
    fingerprint: toFingerprint(entries, none, lexicon),
    entryIds,
    hasNone,
    phrasings: packTexts(documents.map(({ text }) => text)),
    words: arabicWords(documents, index),
    labels: Int32Array.from(documents, ({ label }) => label),
    lexicon,
    vocabulary: scorer.vocabulary,
    matrix: scorer.matrix,
    classifier: scorer.classifier,
    calibration: documents.length === 0 ? DEFAULT_CALIBRATION : calibration,
    quality,
  };
}

function learn(
  documents: readonly (Trial & { readonly text: string })[],
  entryIds: readonly string[],
  fit: (trials: readonly Trial[]) => Scorer,
  measuredAt: number | null,
): { calibration: Calibration; quality: Quality } {
  const tried: Tried[] = [];
  const calibration = calibrate(
    documents,
    entryIds.length,
    (places) => fit(places.map((place) => documents[place]!)),
    (one) => tried.push(one),
  );
  return { calibration, quality: toQuality(tried, documents, entryIds, measuredAt) };
}

/** Words of the phrasings and of the lexicon, in one spelling. */
function arabicWords(documents: readonly Trial[], { synonyms }: LexiconIndex): string {
  const counts = new Map<string, number>([...synonyms.keys(), ...synonyms.values()].map((word) => [word, 1]));
  for (const { words } of documents) for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts]
    .filter(([word]) => /^[\u0600-\u06FF]{2,}$/.test(word))
    .sort((a, b) => b[1] - a[1])
    .slice(0, MOST_WORDS)
    .map(([word]) => word)
    .join(' ');
}

const MOST_WORDS = 20_000;

function fitScorer(
  documents: readonly Trial[],
  entryCount: number,
  hasNone: boolean,
  kind: Classifier['kind'],
): Scorer {
  const { vocabulary, matrix } = finish(buildVocabulary(documents.map(({ words }) => words)));
  const featureCount = vocabulary.rarity.length;
  const labels = Int32Array.from(documents, ({ label }) => label);
  const classCount = entryCount + (hasNone ? 1 : 0);
  const classifier: Classifier =
    kind === 'svm'
      ? { kind, model: fitSvm(matrix, labels, classCount, featureCount) }
      : { kind, model: fitNaiveBayes(matrix, labels, classCount, featureCount) };
  const byClass = groupByClass(labels, classCount, matrix);
  const places = new Uint16Array(featureCount);
  return { vocabulary, matrix, byClass, entryCount, hasNone, classifier, places };
}
