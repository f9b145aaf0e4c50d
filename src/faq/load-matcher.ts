import type { LexiconIndex } from './lexicon.ts';
import { indexLexicon, toComparedWords } from './lexicon.ts';
import { groupByClass } from './likeness.ts';
import { toProbability } from './logistic.ts';
import type { FaqModel } from './model.ts';
import type { Edits, Overlay } from './overlay.ts';
import { createOverlayMaker } from './overlay.ts';
import { unpackText } from './packed-texts.ts';
import type { ArabiziReader } from './readings.ts';
import { createArabiziReader, otherReadings } from './readings.ts';
import type { Candidate, Ranking, Scorer } from './scoring.ts';
import { rank } from './scoring.ts';
import type { Steps } from './steps.ts';
import type { FaqMatch, FaqMatcher } from './types.ts';
import { LONGEST_QUESTION } from './types.ts';
import type { WeighedText } from './vocabulary.ts';
import { weigh } from './vocabulary.ts';

/** A matcher over a model; the model is used as it is and not copied. */
export function loadMatcher(model: FaqModel): RankingMatcher {
  const lexicon = indexLexicon(model.lexicon);
  const byClass = groupByClass(model.labels, model.entryIds.length + (model.hasNone ? 1 : 0), model.matrix);
  const places = new Uint16Array(model.vocabulary.rarity.length);
  const scorer: Scorer = { ...model, byClass, entryCount: model.entryIds.length, places };
  let reader: ArabiziReader | undefined;
  // Made at the first Latin-letter question that needs it: most installations never see one.
  const arabizi = (): ArabiziReader => (reader ??= createArabiziReader(model.words.split(' ')));
  return toMatcher({ model, lexicon, scorer, arabizi, makeOverlay: createOverlayMaker(model, lexicon) });
}

/** A matcher that also shows its reasons, for an admin's try-out and for measurements, and takes edits at once. */
export interface RankingMatcher extends FaqMatcher {
  explain(text: string): Explanation;
  /** The same matcher with edits to what it was built from; they do not add up. Tens of milliseconds for each entry that is new to it. */
  withEdits(edits: Edits): Steps<RankingMatcher>;
}

/** `score` is the chance (0 to 1) that the first candidate is right; candidates are best first, each with its nearest wording. */
export interface Explanation {
  readonly score: number;
  readonly candidates: readonly { readonly entryId: string; readonly similarity: number; readonly phrasing: string }[];
}

interface Parts {
  readonly model: FaqModel;
  readonly lexicon: LexiconIndex;
  readonly scorer: Scorer;
  readonly arabizi: () => ArabiziReader;
  readonly makeOverlay: (edits: Edits) => Steps<Overlay>;
  readonly overlay?: Overlay;
}

function toMatcher(parts: Parts): RankingMatcher {
  const { weights, intercept, answerFrom, suggestFrom } = parts.model.calibration;

  const explainRanking = ({ candidates, signs }: Ranking): Explanation => {
    const isAnything = candidates.some(({ similarity }) => similarity > 0);
    return {
      score: isAnything ? toProbability(signs, weights, intercept) : 0,
      candidates: candidates.map((candidate) => describe(candidate, parts)),
    };
  };
  const explain = (text: string): Explanation => explainRanking(read(text.slice(0, LONGEST_QUESTION), parts));

  const match = (text: string): FaqMatch => {
    const ranking = read(text.slice(0, LONGEST_QUESTION), parts);
    const { score, candidates } = explainRanking(ranking);
    const [first] = candidates;
    if (first === undefined || score < suggestFrom || score === 0) return { band: 'none' };
    // However near a phrasing is: a text that is rather one that nothing answers is not answered at once.
    if (score >= answerFrom && !ranking.isRatherNone)
      return { band: 'answer', entryId: first.entryId, phrasing: first.phrasing, score };
    return { band: 'suggest', entryIds: candidates.slice(0, MOST_SUGGESTIONS).map(({ entryId }) => entryId) };
  };

  const withEdits = function* (edits: Edits): Steps<RankingMatcher> {
    const overlay = yield* parts.makeOverlay(edits);
    const places = new Uint16Array(parts.model.vocabulary.rarity.length + overlay.newFeatures.size);
    return toMatcher({ ...parts, lexicon: overlay.lexicon, overlay, scorer: { ...parts.scorer, places } });
  };

  return { match, explain, withEdits };
}

const MOST_SUGGESTIONS = 3;
/** A text known this far is read as it stands. */
const KNOWN_ENOUGH = 0.6;
/** Another reading must make this much more sense: chance alone knows a little of any text. */
const CLEARLY_MORE = 0.2;

function read(text: string, { lexicon, scorer, arabizi, overlay }: Parts): Ranking {
  const weighed = (reading: string): WeighedText =>
    weigh(toComparedWords(reading, lexicon), scorer.vocabulary, overlay?.newFeatures);
  const asTyped = weighed(text);
  const readings = asTyped.known >= KNOWN_ENOUGH ? [] : otherReadings(text, arabizi).map(weighed);
  const best = readings.reduce(
    (most, other) => (other.known > Math.max(most.known, asTyped.known + CLEARLY_MORE) ? other : most),
    asTyped,
  );
  return rank(best, scorer, overlay);
}

function describe(
  { source, label, phrasing, similarity }: Candidate,
  { model, overlay }: Parts,
): Explanation['candidates'][number] {
  const fresh = source === 'overlay' ? overlay?.entries[label] : undefined;
  if (fresh !== undefined) return { entryId: fresh.id, similarity, phrasing: fresh.texts[phrasing] ?? '' };
  return { entryId: model.entryIds[label]!, similarity, phrasing: unpackText(model.phrasings, phrasing) };
}
