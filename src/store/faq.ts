import type { Clock } from '../ports/clock.ts';
import type { FaqChange, FaqRepository, StoredFaqEntry, StoredFaqWords } from '../ports/content-repositories.ts';
import type { Collection, Store, StoredDocument } from '../ports/store.ts';
import { pagesOf } from './pages.ts';
import { toRow } from './sealing.ts';

/** Every row of the collection. `id` is the kind and the entry's own id. */
interface FaqRow<Body> extends StoredDocument {
  readonly kind: 'entry' | 'words';
  readonly changedAt: number;
  readonly body: Body;
}

type EntryBody = Omit<StoredFaqEntry, 'version' | 'changedAt'>;
type WordsBody = Omit<StoredFaqWords, 'version' | 'changedAt'>;

const wordsId = 'words';
/** Rows that the revision looks at: more than can be written at the same moment. */
const newestRows = 10;
const idsAtOnce = 500;

export function openFaq({ store, clock }: { store: Store; clock: Clock }): FaqRepository {
  const faq = store.collection('faq');
  const reviews = store.collection('faq-reviews');

  async function newest(limit: number): Promise<FaqRow<unknown>[]> {
    return (await faq.find({ index: 'changed', order: 'descending', limit })).map(toRow<FaqRow<unknown>>);
  }

  /** Later than all before, also where clocks differ: the newest rows tell of every change. */
  async function nextTime(): Promise<number> {
    const [last] = await newest(1);
    return Math.max(clock.now(), (last?.changedAt ?? 0) + 1);
  }

  async function save<Body>(kind: FaqRow<Body>['kind'], id: string, version: number, body: Body) {
    const row: FaqRow<Body> = { id, version, kind, changedAt: await nextTime(), body };
    if (version === 1) await faq.insert(row);
    else await faq.replace(row, version - 1);
    return { ...body, version, changedAt: row.changedAt };
  }

  return {
    async entries() {
      const entries: StoredFaqEntry[] = [];
      const query = { index: 'kind', equals: ['entry'], order: 'ascending' } as const;
      for await (const page of pagesOf<FaqRow<EntryBody>>(faq, query)) entries.push(...page.map(toStored));
      return entries;
    },
    async entry(id) {
      const document = await faq.get(toEntryId(id));
      return document && toStored(toRow<FaqRow<EntryBody>>(document));
    },
    saveEntry: ({ version, ...body }) => save<EntryBody>('entry', toEntryId(body.entry.id), version, body),
    async words() {
      const document = await faq.get(wordsId);
      return document && toStored(toRow<FaqRow<WordsBody>>(document));
    },
    saveWords: ({ version, ...body }) => save<WordsBody>('words', wordsId, version, body),
    async revision() {
      return (await newest(newestRows)).map(({ id, version }) => `${id}@${version}`).join(' ');
    },
    async *changes() {
      let after: StoredDocument | undefined;
      for (;;) {
        const bound = after === undefined ? {} : { after };
        const page = await faq.find({ index: 'changed', order: 'descending', limit: newestRows, ...bound });
        if (page.length > 0) yield page.map((document) => toChange(toRow<FaqRow<EntryBody & WordsBody>>(document)));
        if (page.length < newestRows) return;
        after = page[page.length - 1];
      }
    },
    async markReviewed(ids, at) {
      const writes = ids.map((id) => ({
        ...{ type: 'insert' as const, collection: 'faq-reviews' },
        document: { id, version: 1, at },
      }));
      for (const part of partsOf(writes)) await store.batch(part);
    },
    reviewed: (ids) => existing(reviews, ids),
  };
}

function toStored<Body>({ body, version, changedAt }: FaqRow<Body>): Body & { version: number; changedAt: number } {
  return { ...body, version, changedAt };
}

/** The body is of the kind that the row names, since only this file writes them. */
function toChange(row: FaqRow<EntryBody & WordsBody>): FaqChange {
  return row.kind === 'entry'
    ? { kind: 'entry', stored: toStored<EntryBody>(row) }
    : { kind: 'words', stored: toStored<WordsBody>(row) };
}

function toEntryId(id: string): string {
  return `entry/${id}`;
}

async function existing(collection: Collection, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const found = await Promise.all(partsOf(ids).map((part) => collection.getMany(part)));
  return new Set(found.flat().map(({ id }) => id));
}

function partsOf<Item>(items: readonly Item[]): Item[][] {
  const parts: Item[][] = [];
  for (let at = 0; at < items.length; at += idsAtOnce) parts.push(items.slice(at, at + idsAtOnce));
  return parts;
}
