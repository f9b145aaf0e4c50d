import type { BuildOptions } from './build-matcher.ts';
import type { ModelBuilder } from './builder.ts';
import { changesBetween } from './changes.ts';
import { toFingerprint } from './fingerprint.ts';
import type { Explanation, RankingMatcher } from './load-matcher.ts';
import { loadMatcher } from './load-matcher.ts';
import { decodeModel } from './model-file.ts';
import type { FaqModel } from './model.ts';
import type { Edits } from './overlay.ts';
import type { Quality } from './quality.ts';
import { nextTurn, takeTurns } from './steps.ts';
import type { FaqMatcher, FaqSources } from './types.ts';

/** What the service needs of the world. */
export interface FaqServiceDependencies {
  readonly builder: ModelBuilder;
  /** The bytes last saved, or null. */
  readonly load: () => Promise<Uint8Array | null>;
  readonly save: (bytes: Uint8Array) => Promise<void>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Hears of a build or a save that failed; the matcher that was live stays so, and the next edit tries again. */
  readonly onError: (error: unknown) => void;
}

/**
 * The live matcher. It answers at every moment: from the saved model, else from a naive Bayes model within a moment of the
 * first start, then from the support vector machines. An edit is live in a moment, through machines of its own for what changed, and is fitted
 * with all the rest in a thread meanwhile; edits made during a fit are fitted together next.
 */
export interface FaqService extends FaqMatcher {
  explain(text: string): Explanation;
  /** The sources as edited last. */
  sources(): FaqSources;
  /**
   * Replaces the sources; entries are compared by id. What changed is live when it resolves; meanwhile the event loop gets its turns. Lines
   * of none that were removed are forgotten with the next fit.
   */
  edit(sources: FaqSources): Promise<void>;
  /** As of when the thresholds were learned last; null before that. */
  quality(): Quality | null;
  /** `fitted` when the machines know all edits. */
  state(): FaqServiceState;
  /** Resolves when no fit is under way. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

type FaqServiceState = 'quick' | 'fitting' | 'fitted';

export async function createFaqService(initial: FaqSources, dependencies: FaqServiceDependencies): Promise<FaqService> {
  const { builder, onError } = dependencies;
  let sources = initial;
  let isClosed = false;
  let work: Promise<void> | null = null;
  let base: Base;
  /** What the base does not know of the sources. */
  let edits: Edits | null = null;
  let live: RankingMatcher;
  let goingLive: Promise<void>;

  /** Makes the edits live; what comes meanwhile (another edit, a fitted model) takes over. */
  const goLive = async (): Promise<void> => {
    const [{ matcher }, wanted] = [base, edits];
    if (wanted === null) {
      live = matcher;
      return;
    }
    const isWanted = (): boolean => matcher === base.matcher && wanted === edits;
    live = (await takeTurns(matcher.withEdits(wanted), isWanted)) ?? live;
  };

  const adopt = (model: FaqModel, from: FaqSources): void => {
    base = { model, from, matcher: loadMatcher(model) };
    edits = changesBetween(from, sources);
    goingLive = goLive();
  };

  const buildOnce = async (from: FaqSources, options: BuildOptions): Promise<Uint8Array> => {
    const bytes = await builder.build({ sources: from, options });
    const model = decodeModel(bytes);
    if (model === null) throw new Error('the FAQ builder gave bytes that are no model of this format');
    await nextTurn();
    if (!isClosed) adopt(model, from);
    return bytes;
  };

  const isCurrent = (): boolean => base.model.classifier.kind === 'svm' && edits === null;

  const fitUntilCurrent = async (): Promise<void> => {
    while (!isClosed && !isCurrent()) {
      await goingLive;
      // Handing the sources over takes milliseconds, and so may what the edit's caller does next.
      await nextTurn();
      await nextTurn();
      const from = sources;
      const bytes = await buildOnce(from, {
        classifier: 'svm',
        at: dependencies.now(),
        ...keepLearned(base, from, dependencies.now()),
      });
      if (!isClosed) await dependencies.save(bytes);
    }
  };

  const fit = (): void => {
    work ??= fitUntilCurrent()
      .catch((error: unknown) => {
        if (!isClosed) onError(error);
      })
      .finally(() => {
        work = null;
      });
  };

  const saved = await loadSaved(initial, dependencies);
  if (saved === null) await buildOnce(initial, { classifier: 'naive-bayes' });
  else adopt(saved, initial);
  fit();

  return {
    match: (text) => live.match(text),
    explain: (text) => live.explain(text),
    sources: () => sources,
    edit: async (next) => {
      sources = next;
      edits = changesBetween(base.from, next);
      goingLive = goLive();
      fit();
      for (let seen; seen !== goingLive; await seen) seen = goingLive;
    },
    quality: () => (base.model.classifier.kind === 'svm' ? base.model.quality : null),
    state: () => (base.model.classifier.kind !== 'svm' ? 'quick' : edits === null ? 'fitted' : 'fitting'),
    settled: async () => {
      while (work !== null) await work;
      await goingLive;
    },
    close: async () => {
      isClosed = true;
      await builder.close();
      await work;
    },
  };
}

interface Base {
  readonly model: FaqModel;
  readonly from: FaqSources;
  readonly matcher: RankingMatcher;
}

/** Thresholds hold for a day while nine entries in ten are those they were learned on; learning them doubles the time of a build. */
function keepLearned({ model, from }: Base, next: FaqSources, now: number): Pick<BuildOptions, 'learned'> {
  const { calibration, quality } = model;
  if (model.classifier.kind !== 'svm' || now - (quality.measuredAt ?? 0) > LEARN_AFTER_MS) return {};
  const known = new Set(from.entries.map(({ id }) => id));
  const shared = next.entries.filter(({ id }) => known.has(id)).length;
  const isMostlySame = shared >= SAME_SHARE * Math.max(known.size, next.entries.length);
  return isMostlySame && from.none.length > 0 === next.none.length > 0 ? { learned: { calibration, quality } } : {};
}

const SAME_SHARE = 0.9;
const LEARN_AFTER_MS = 24 * 60 * 60 * 1000;

async function loadSaved(sources: FaqSources, { load, onError }: FaqServiceDependencies): Promise<FaqModel | null> {
  try {
    const bytes = await load();
    const model = bytes === null ? null : decodeModel(bytes);
    return model?.fingerprint === toFingerprint(sources.entries, sources.none, sources.lexicon) ? model : null;
  } catch (error) {
    // A model that cannot be read is built anew: say so, and start.
    onError(error);
    return null;
  }
}
