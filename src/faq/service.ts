import type { BuildOptions } from './build-matcher.ts';
import type { ModelBuilder } from './builder.ts';
import { toFingerprint } from './fingerprint.ts';
import type { Explanation, RankingMatcher } from './load-matcher.ts';
import { loadMatcher } from './load-matcher.ts';
import { decodeModel } from './model-file.ts';
import type { FaqModel } from './model.ts';
import type { FaqEntry, FaqMatcher, FaqSources } from './types.ts';

/** What the service needs of the world. */
export interface FaqServiceDependencies {
  readonly builder: ModelBuilder;
  /** The bytes last saved, or null. */
  readonly load: () => Promise<Uint8Array | null>;
  readonly save: (bytes: Uint8Array) => Promise<void>;
  /** Hears of a build or a save that failed; the matcher that was live stays so, and the next edit tries again. */
  readonly onError: (error: unknown) => void;
}

/**
 * The live matcher. It answers at every moment: from the saved model, else from a naive Bayes model within a moment of the
 * first start, then from the support vector machines. An edit is live when {@link FaqService.edit} returns, through the
 * nearest phrasing of what changed, and is fitted in a thread meanwhile; edits made during a fit are fitted together next.
 */
export interface FaqService extends FaqMatcher {
  explain(text: string): Explanation;
  /** The sources as edited last. */
  sources(): FaqSources;
  /** Replaces the sources; entries are compared by id. Returns at once. */
  edit(sources: FaqSources): void;
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
  let live: RankingMatcher;

  const adopt = (model: FaqModel, from: FaqSources): void => {
    base = { model, from, matcher: loadMatcher(model) };
    live = withEdits(base, sources);
  };

  const buildOnce = async (from: FaqSources, options: BuildOptions): Promise<Uint8Array> => {
    const bytes = await builder.build({ sources: from, options });
    const model = decodeModel(bytes);
    if (model === null) throw new Error('the FAQ builder gave bytes that are no model of this format');
    if (!isClosed) adopt(model, from);
    return bytes;
  };

  const fitUntilCurrent = async (): Promise<void> => {
    while (!isClosed && (base.model.classifier.kind !== 'svm' || base.from !== sources)) {
      const from = sources;
      const bytes = await buildOnce(from, { classifier: 'svm', ...keepCalibration(base, from) });
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
    edit: (next) => {
      sources = next;
      live = withEdits(base, next);
      fit();
    },
    state: () => (base.model.classifier.kind !== 'svm' ? 'quick' : base.from === sources ? 'fitted' : 'fitting'),
    settled: async () => {
      while (work !== null) await work;
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

function withEdits({ from, matcher }: Base, sources: FaqSources): RankingMatcher {
  if (from === sources) return matcher;
  const before = new Map(from.entries.map((entry) => [entry.id, entry]));
  const ids = new Set(sources.entries.map(({ id }) => id));
  const changed = sources.entries.filter((entry) => !hasSameWordings(before.get(entry.id), entry));
  const removedIds = new Set([...before.keys()].filter((id) => !ids.has(id)));
  return changed.length === 0 && removedIds.size === 0 ? matcher : matcher.withEdits(changed, removedIds);
}

function hasSameWordings(before: FaqEntry | undefined, after: FaqEntry): boolean {
  if (before === undefined) return false;
  if (before === after) return true;
  const wordings = ({ question, phrasings }: FaqEntry): string => JSON.stringify([question, phrasings]);
  return wordings(before) === wordings(after);
}

/** Thresholds hold while nine entries in ten are those they were learned on; learning them doubles the time of a build. */
function keepCalibration({ model, from }: Base, next: FaqSources): Pick<BuildOptions, 'calibration'> {
  if (model.classifier.kind !== 'svm') return {};
  const known = new Set(from.entries.map(({ id }) => id));
  const shared = next.entries.filter(({ id }) => known.has(id)).length;
  const isMostlySame = shared >= SAME_SHARE * Math.max(known.size, next.entries.length);
  return isMostlySame && from.none.length > 0 === next.none.length > 0 ? { calibration: model.calibration } : {};
}

const SAME_SHARE = 0.9;

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
