import { AppError, Duplicate, VersionConflict } from '../domain/errors.ts';
import { joinPhrasings, type FaqEntry } from '../domain/faq.ts';
import type { OfficerId } from '../domain/ids.ts';
import type { Quality } from '../faq/quality.ts';
import type { FaqService } from '../faq/service.ts';
import { compileTemplate, isFactName } from '../flow/template.ts';
import type { Clock } from '../ports/clock.ts';
import type { FaqRepository, StoredFaqEntry } from '../ports/content-repositories.ts';
import type { Repositories } from '../ports/repositories.ts';

/** What an admin writes of an entry. */
export type FaqEntryContent = Omit<FaqEntry, 'id'>;

/** An entry as it is shown: what was learnt is among its phrasings. */
export interface ShownFaqEntry extends FaqEntry {
  readonly version: number;
  readonly origin: 'files' | 'admin';
  readonly isEdited: boolean;
  readonly changedAt: number;
}

/** What a text is understood as, and why. */
export interface FaqExplanation {
  readonly band: 'answer' | 'suggest' | 'none';
  /** Of the best candidate, whatever the band. */
  readonly entryId: string | null;
  readonly phrasing: string | null;
  /** The chance that the best candidate is right, 0 to 1. */
  readonly score: number;
  readonly candidates: readonly { entryId: string; phrasing: string; similarity: number }[];
}

/** What admins do with the FAQ. Every change is live in this process when it resolves; `by` stands in the audit. */
export interface FaqDesk {
  list(): Promise<ShownFaqEntry[]>;
  /** @throws AppError `not-found` */
  get(id: string): Promise<ShownFaqEntry>;
  /** @throws AppError `duplicate`, `payload-invalid` when an answer's placeholders are broken */
  create(by: OfficerId, entry: FaqEntry): Promise<ShownFaqEntry>;
  /** `version` is the one that was read. @throws AppError `not-found`, `version-conflict`, `payload-invalid` */
  update(by: OfficerId, id: string, version: number, content: FaqEntryContent): Promise<ShownFaqEntry>;
  /** @throws AppError `not-found`, `version-conflict` */
  remove(by: OfficerId, id: string, version: number): Promise<void>;
  explain(text: string): FaqExplanation;
  /** How well entries are told apart, the worst first; entries that are gone are left out. Null before the first fit. */
  quality(): Quality | null;
  state(): { matcher: ReturnType<FaqService['state']>; entries: number; phrasings: number; none: number };
}

export function createFaqDesk(dependencies: {
  repositories: Pick<Repositories, 'faq' | 'audit'>;
  faq: Pick<FaqService, 'match' | 'explain' | 'quality' | 'state' | 'sources'>;
  /** Makes what was stored live. */
  contentChanged: () => Promise<void>;
  clock: Clock;
}): FaqDesk {
  const { repositories, faq, contentChanged, clock } = dependencies;
  const store = repositories.faq;

  async function save(
    by: OfficerId,
    action: string,
    change: Omit<StoredFaqEntry, 'changedAt'>,
  ): Promise<ShownFaqEntry> {
    const saved = await store.saveEntry(change);
    await repositories.audit.record({ at: clock.now(), officerId: by, action, subjectIds: [change.entry.id] });
    await contentChanged();
    return toShown(saved);
  }

  return {
    list: async () => (await store.entries()).filter(({ removed }) => removed === undefined).map(toShown),
    get: async (id) => toShown(await existingEntry(store, id)),
    async create(by, entry) {
      checkAnswers(entry);
      const stored = await store.entry(entry.id);
      if (stored !== null && stored.removed === undefined)
        throw new Duplicate('There is a FAQ entry of this id already.');
      const { seed, version = 0 } = stored ?? {};
      const origin = seed === undefined ? {} : { seed };
      return save(by, 'faq-entry-created', { entry, learned: {}, ...origin, edited: true, version: version + 1 });
    },
    async update(by, id, version, content) {
      checkAnswers(content);
      const { seed, version: current } = await existingEntry(store, id);
      if (current !== version) throw new VersionConflict('Somebody else changed this entry: load it again.');
      const origin = seed === undefined ? {} : { seed };
      const entry = { id, ...content };
      return save(by, 'faq-entry-updated', { entry, learned: {}, ...origin, edited: true, version: version + 1 });
    },
    async remove(by, id, version) {
      const stored = await existingEntry(store, id);
      if (stored.version !== version) throw new VersionConflict('Somebody else changed this entry: load it again.');
      const { changedAt: _changedAt, ...kept } = stored;
      const change = { ...kept, learned: {}, edited: true, removed: 'by-admin', version: version + 1 } as const;
      await save(by, 'faq-entry-removed', change);
    },
    explain(text) {
      const { band } = faq.match(text);
      const { score, candidates } = faq.explain(text);
      const [first] = candidates;
      const entryId = first?.entryId ?? null;
      return { band, entryId, phrasing: first?.phrasing ?? null, score, candidates: candidates.slice(0, 5) };
    },
    quality() {
      const quality = faq.quality();
      if (quality === null) return null;
      const there = new Set(faq.sources().entries.map(({ id }) => id));
      const entries = quality.entries.filter(({ id }) => there.has(id));
      return { ...quality, entries };
    },
    state() {
      const { entries, none } = faq.sources();
      const phrasings = entries.reduce((sum, { phrasings: own }) => sum + Object.values(own).flat().length, 0);
      return { matcher: faq.state(), entries: entries.length, phrasings, none: none.length };
    },
  };
}

/** @throws AppError `not-found` */
export async function existingEntry(store: FaqRepository, id: string): Promise<StoredFaqEntry> {
  const stored = await store.entry(id);
  if (stored === null || stored.removed !== undefined) throw new AppError('not-found', 'There is no such FAQ entry.');
  return stored;
}

export function toShown({ entry, learned, version, changedAt, seed, edited }: StoredFaqEntry): ShownFaqEntry {
  const phrasings = joinPhrasings(entry.phrasings, learned);
  const origin = seed === undefined ? 'admin' : 'files';
  return { ...entry, phrasings, version, origin, isEdited: edited === true, changedAt };
}

/** A broken placeholder would take its whole sentence away from people. */
function checkAnswers({ answer }: Pick<FaqEntry, 'answer'>): void {
  for (const [language, text] of Object.entries(answer)) {
    const compiled = compileTemplate(text);
    if (!compiled.ok) throw new AppError('payload-invalid', `answer in "${language}": ${compiled.problem}`);
    const unknown = compiled.template.placeholders.find(({ path }) => !isFactName(path));
    if (unknown !== undefined)
      throw new AppError(
        'payload-invalid',
        `answer in "${language}": {{${unknown.path}}} is no fact of the organisation`,
      );
  }
}
