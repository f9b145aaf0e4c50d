import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Duplicate, StoreUnavailable, VersionConflict } from '../../src/domain/errors.ts';
import type {
  BatchWrite,
  Collection,
  CollectionDeclaration,
  FindQuery,
  SearchQuery,
  Store,
  StoredBlob,
  StoredDocument,
} from '../../src/ports/store.ts';
import { modelFind, modelSearch } from './store-model.ts';

/** One implementation under test. */
export interface StoreUnderTest {
  /** Opens the same database again, or for the first time. */
  open(collections: readonly CollectionDeclaration[]): Promise<Store>;
  /** From now on the open store cannot reach its database. */
  cutOff(store: Store): Promise<void>;
  dispose(): Promise<void>;
}

const notes: CollectionDeclaration = {
  name: 'notes',
  indexes: {
    place: { fields: ['place', 'order'] },
    due: { fields: ['dueAt'] },
    code: { fields: ['code'], unique: true },
    seat: { fields: ['hall', 'seat'], unique: true },
    flag: { fields: ['flag', 'place', 'order'] },
    words: { fields: ['words', 'order'], multi: true },
    tags: { fields: ['tags'], multi: true },
  },
};
const contractCollections: readonly CollectionDeclaration[] = [notes, { name: 'letters', indexes: {} }];

/** Every promise of the port (`src/ports/store.ts`), for one implementation. */
export function storeContract(name: string, start: () => Promise<StoreUnderTest>): void {
  describe(`the store on ${name}`, () => {
    let under: StoreUnderTest;
    let store: Store;
    let collection: Collection;

    beforeAll(async () => {
      under = await start();
      store = await under.open(contractCollections);
      collection = store.collection('notes');
    });
    afterAll(async () => {
      await store.close();
      await under.dispose();
    });

    let last = 0;
    /** An id, or a value, that no other test uses. */
    const fresh = (prefix = 'note') => `${prefix}-${String(++last).padStart(5, '0')}`;
    const note = (fields: Record<string, unknown> = {}): StoredDocument => ({ id: fresh(), version: 1, ...fields });
    const idsOf = (documents: readonly StoredDocument[]) => documents.map(({ id }) => id);
    const add = async (...documents: StoredDocument[]) => {
      await Promise.all(documents.map((document) => collection.insert(document)));
      return documents;
    };

    describe('a document', () => {
      it('comes back as it was written', async () => {
        const document = note({
          text: 'سلام «world» \u2067x\u2069 😀',
          nothing: null,
          empty: { list: [], object: {} },
          deep: [{ a: [1, 2.5, -3, 1e21, true, false, null] }],
          errors: 'a name that libraries use themselves',
          save: 1,
          'with.dot': { 'a.b': 1 },
        });
        await collection.insert(document);
        expect(await collection.get(document.id)).toEqual(document);
      });

      it('is null when it does not exist', async () => {
        expect(await collection.get('nobody')).toBeNull();
      });

      it('is found with others by their ids, each once, and the missing ones are absent', async () => {
        const [a, b] = await add(note(), note());
        const found = await collection.getMany([a!.id, 'nobody', b!.id, a!.id]);
        expect(idsOf(found).sort()).toEqual([a!.id, b!.id]);
        expect(await collection.getMany([])).toEqual([]);
      });

      it('is refused when its id exists, and the first stays', async () => {
        const [first] = await add(note({ text: 'first' }));
        await expect(collection.insert({ ...first!, text: 'second' })).rejects.toBeInstanceOf(Duplicate);
        expect(await collection.get(first!.id)).toEqual(first);
      });

      it('is gone after remove, which may be repeated', async () => {
        const [document] = await add(note({ code: fresh('code'), words: ['gone'], dueAt: 1 }));
        await collection.remove(document!.id);
        await collection.remove(document!.id);
        expect(await collection.get(document!.id)).toBeNull();
        expect(await collection.search({ index: 'words', tokens: ['gone'], limit: 5 })).toEqual([]);
        await collection.insert(document!);
        await collection.remove(document!.id);
      });

      it('is not mixed up with one of the same id in another collection', async () => {
        const [document] = await add(note());
        await store.collection('letters').insert({ id: document!.id, version: 1, text: 'letter' });
        await store.collection('letters').remove(document!.id);
        expect(await collection.get(document!.id)).toEqual(document);
      });

      it('is refused when an index field holds what an index cannot', async () => {
        for (const dueAt of [null, Number.NaN, Infinity, [1], { a: 1 }])
          await expect(collection.insert(note({ dueAt }))).rejects.toThrow(/index field "dueAt"/);
        await expect(collection.insert(note({ words: 'one' }))).rejects.toThrow(/array of strings/);
      });
    });

    describe('replace', () => {
      it('writes the next version over the expected one', async () => {
        const [document] = await add(note({ text: 'old', gone: 1 }));
        const next = { id: document!.id, version: 2, text: 'new' };
        await collection.replace(next, 1);
        expect(await collection.get(document!.id)).toEqual(next);
      });

      it('is refused with VersionConflict when the version has passed, is yet to come, or the document is gone', async () => {
        const [document] = await add(note());
        await collection.replace({ ...document!, version: 2 }, 1);
        await expect(collection.replace({ ...document!, version: 2 }, 1)).rejects.toBeInstanceOf(VersionConflict);
        await expect(collection.replace({ ...document!, version: 4 }, 3)).rejects.toBeInstanceOf(VersionConflict);
        await expect(collection.replace({ id: 'nobody', version: 2 }, 1)).rejects.toBeInstanceOf(VersionConflict);
        expect(await collection.get('nobody')).toBeNull();
      });

      it('is a program error when the new version is not the next one', async () => {
        const [document] = await add(note());
        await expect(collection.replace({ ...document!, version: 3 }, 1)).rejects.toBeInstanceOf(TypeError);
      });

      it('is refused with Duplicate when it takes the unique value of another', async () => {
        const [code, other] = [fresh('code'), fresh('code')];
        const [, second] = await add(note({ code }), note({ code: other }));
        await expect(collection.replace({ ...second!, version: 2, code }, 1)).rejects.toBeInstanceOf(Duplicate);
        expect(await collection.get(second!.id)).toEqual(second);
      });

      it('has exactly one winner of many at once', async () => {
        const [document] = await add(note());
        for (let version = 1; version <= 5; version++) {
          const tries = Array.from({ length: 12 }, (_, n) =>
            collection.replace({ id: document!.id, version: version + 1, winner: n }, version),
          );
          const settled = await Promise.allSettled(tries);
          const winners = settled.flatMap(({ status }, n) => (status === 'fulfilled' ? [n] : []));
          const reasons = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
          expect(winners).toHaveLength(1);
          expect(reasons.every((reason) => reason instanceof VersionConflict)).toBe(true);
          expect(await collection.get(document!.id)).toMatchObject({ version: version + 1, winner: winners[0] });
        }
      });

      it('moves the document in every index', async () => {
        const [from, to] = [fresh('place'), fresh('place')];
        const [document] = await add(
          note({ place: from, order: 1, flag: true, words: ['kept', 'dropped'], dueAt: 77_001 }),
        );
        await collection.replace({ id: document!.id, version: 2, place: to, order: 1, words: ['kept', 'added'] }, 1);
        expect(await collection.count('place', [from])).toBe(0);
        expect(await collection.count('place', [to])).toBe(1);
        expect(await collection.find({ index: 'due', equals: [77_001], order: 'ascending', limit: 5 })).toEqual([]);
        expect(await collection.count('flag', [true, from])).toBe(0);
        for (const [word, count] of [
          ['kept', 1],
          ['dropped', 0],
          ['added', 1],
        ] as const)
          expect(await collection.search({ index: 'words', tokens: [word], limit: 5 })).toHaveLength(count);
        await collection.replace({ id: document!.id, version: 3, place: to, order: 9, words: ['kept'] }, 2);
        expect(await collection.count('words', ['kept', 9])).toBe(1);
        expect(await collection.count('words', ['kept', 1])).toBe(0);
        await collection.remove(document!.id);
      });
    });

    describe('a unique index', () => {
      it('refuses a second document with the value', async () => {
        const code = fresh('code');
        await add(note({ code }));
        await expect(collection.insert(note({ code }))).rejects.toBeInstanceOf(Duplicate);
      });

      it('lets any number of documents lack its first field', async () => {
        await add(note(), note(), note({ seat: 1 }), note({ seat: 1 }));
      });

      it('counts all its fields together', async () => {
        const hall = fresh('hall');
        await add(note({ hall, seat: 1 }), note({ hall, seat: 2 }), note({ hall }));
        await expect(collection.insert(note({ hall, seat: 2 }))).rejects.toBeInstanceOf(Duplicate);
        await expect(collection.insert(note({ hall }))).rejects.toBeInstanceOf(Duplicate);
        const seats = await collection.find({ index: 'seat', equals: [hall], order: 'ascending', limit: 9 });
        expect(seats.map(({ seat }) => seat)).toEqual([undefined, 1, 2]);
      });

      it('gives a value free with its document', async () => {
        const code = fresh('code');
        const [document] = await add(note({ code }));
        await collection.replace({ id: document!.id, version: 2 }, 1);
        await add(note({ code }));
      });

      it('fails only the write that breaks it, of those made together', async () => {
        const code = fresh('code');
        const outcomes = await Promise.allSettled(
          [note({ code }), note(), note({ code }), note()].map((one) => collection.insert(one)),
        );
        expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
      });
    });

    describe('find', () => {
      let place: string;
      let documents: StoredDocument[];
      beforeEach(async () => {
        place = fresh('place');
        documents = await add(
          ...[30, 10, 20, 10].map((order) => note({ place, order })),
          note({ place: fresh('place'), order: 15 }),
          note({ order: 15 }),
        );
      });
      const find = (query: Partial<FindQuery> = {}) =>
        collection.find({ index: 'place', equals: [place], order: 'ascending', limit: 100, ...query });
      const at = (...positions: number[]) => positions.map((n) => documents[n]!.id);

      it('orders by the fields and breaks ties by id', async () => {
        expect(idsOf(await find())).toEqual(at(1, 3, 2, 0));
      });

      it('descending is the exact opposite, ties included', async () => {
        expect(idsOf(await find({ order: 'descending' }))).toEqual(at(0, 2, 3, 1));
      });

      it('gives no more than the limit', async () => {
        expect(idsOf(await find({ limit: 2 }))).toEqual(at(1, 3));
      });

      it('refuses a limit that is not from 1 to 1,000', async () => {
        for (const limit of [0, -1, 1.5, 1_001]) await expect(find({ limit })).rejects.toThrow(/limit/);
      });

      it('takes bounds as inclusive', async () => {
        expect(idsOf(await find({ from: 10, to: 20 }))).toEqual(at(1, 3, 2));
        expect(idsOf(await find({ from: 20 }))).toEqual(at(2, 0));
        expect(idsOf(await find({ to: 10, order: 'descending' }))).toEqual(at(3, 1));
        expect(idsOf(await find({ from: 11, to: 19 }))).toEqual([]);
      });

      it('goes on behind a document, even one that is gone', async () => {
        expect(idsOf(await find({ after: documents[1]! }))).toEqual(at(3, 2, 0));
        expect(idsOf(await find({ after: documents[3]!, order: 'descending' }))).toEqual(at(1));
        await collection.remove(documents[3]!.id);
        expect(idsOf(await find({ after: documents[3]! }))).toEqual(at(2, 0));
        expect(idsOf(await find({ after: documents[0]! }))).toEqual([]);
      });

      it('keeps to the bounds when it goes on behind a document', async () => {
        expect(idsOf(await find({ from: 10, to: 20, after: documents[1]! }))).toEqual(at(3, 2));
        expect(idsOf(await find({ from: 10, to: 20, after: documents[2]!, order: 'descending' }))).toEqual(at(3, 1));
      });

      it('skips documents that lack the first field, and has those that lack another first', async () => {
        const [bare] = await add(note({ place }));
        expect(idsOf(await find())).toEqual([bare!.id, ...at(1, 3, 2, 0)]);
        expect(idsOf(await find({ order: 'descending', limit: 3, after: documents[2]! }))).toEqual([
          ...at(3, 1),
          bare!.id,
        ]);
        expect(idsOf(await find({ after: bare! }))).toEqual(at(1, 3, 2, 0));
        expect(idsOf(await find({ to: 10 }))).toEqual(at(1, 3));
        const everywhere = await collection.find({ index: 'place', order: 'ascending', limit: 1_000 });
        expect(everywhere.every((document) => document['place'] !== undefined)).toBe(true);
      });

      it('takes equal values for all fields', async () => {
        expect(idsOf(await find({ equals: [place, 10] }))).toEqual(at(1, 3));
        expect(idsOf(await find({ equals: [place, 10], after: documents[1]! }))).toEqual(at(3));
        const code = fresh('code');
        const [coded] = await add(note({ code }));
        const query = { index: 'code', equals: [code], order: 'ascending', limit: 5 } as const;
        expect(idsOf(await collection.find(query))).toEqual([coded!.id]);
        expect(await collection.find({ ...query, after: coded! })).toEqual([]);
      });

      it('compares texts by their code points and never a number with a text', async () => {
        const group = fresh('place');
        const texts = ['', 'Z', 'a', 'é', 'ب', '\uFFFD', '😀'];
        await add(...texts.toReversed().map((order) => note({ place: group, order })));
        const found = await find({ equals: [group] });
        expect(found.map(({ order }) => order)).toEqual(texts);
        expect(await find({ equals: [group], from: 0 })).toEqual([]);
        expect(await find({ equals: [group], from: 'a', to: 'é' })).toHaveLength(2);
      });

      it('tells true, false, 1 and 0 apart', async () => {
        const group = fresh('place');
        const [yes, no] = await add(note({ flag: true, place: group }), note({ flag: false, place: group }));
        for (const [flag, ids] of [
          [true, [yes!.id]],
          [false, [no!.id]],
          [1, []],
          [0, []],
        ] as const)
          expect(idsOf(await find({ index: 'flag', equals: [flag, group] }))).toEqual(ids);
      });

      it('refuses an index that is not declared and more values than fields', async () => {
        await expect(find({ index: 'nowhere' })).rejects.toThrow(/declares no index/);
        await expect(find({ equals: [place, 1, 2] })).rejects.toThrow(/values/);
        await expect(find({ equals: [place, 1], from: 1 })).rejects.toThrow(/values/);
      });
    });

    it('answers any find and search as a plain list would', async () => {
      const maybe = <T>(values: readonly T[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
      const fields = fc.record({
        order: maybe([-1, 0, 0.5, 1, 2]),
        flag: maybe([true, false]),
        words: fc.option(fc.subarray(['w1', 'w2', 'w3']), { nil: undefined }),
        dueAt: maybe([1, 2, 3]),
      });
      const direction = fc.constantFrom('ascending' as const, 'descending' as const);
      const queries = fc.record({
        order: direction,
        pick: fc.nat(15),
        from: maybe([0, 1]),
        to: maybe([1, 2]),
        limit: fc.constantFrom(1, 2, 50),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.array(fields, { maxLength: 12 }),
          fc.array(queries, { minLength: 4, maxLength: 8 }),
          async (all, asked) => {
            const place = fresh('place');
            const documents = all.map((one) =>
              note({ place, ...Object.fromEntries(Object.entries(one).filter(([, value]) => value !== undefined)) }),
            );
            await add(...documents);
            // Others' documents are in the same indexes: what has no equal value in front is looked at with this test's place.
            const mine = ({ place: of }: StoredDocument) => of === place;
            for (const { order, pick, from, to, limit } of asked) {
              const bounds = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
              // What a page goes on behind is always one of the documents that the query could answer.
              const behind = (answerable: readonly StoredDocument[]) => {
                const after = answerable[pick];
                return after === undefined ? {} : { after };
              };
              const finds: FindQuery[] = [
                { index: 'place', equals: [place], order, limit, ...bounds, ...behind(documents) },
                {
                  index: 'flag',
                  equals: [true, place],
                  order,
                  limit,
                  ...bounds,
                  ...behind(documents.filter(({ flag }) => flag === true)),
                },
              ];
              for (const query of finds)
                expect(idsOf(await collection.find(query))).toEqual(idsOf(modelFind(notes, documents, query)));
              const search: SearchQuery = {
                index: 'words',
                tokens: ['w1', 'w2'].slice(0, 1 + (pick % 2)),
                limit: 1_000,
              };
              const paged = { ...search, ...behind(modelSearch(notes, documents, search)) };
              expect(idsOf((await collection.search(paged)).filter(mine))).toEqual(
                idsOf(modelSearch(notes, documents, paged)),
              );
            }
            await store.batch(documents.map(({ id }) => ({ type: 'remove', collection: 'notes', id })));
          },
        ),
        { numRuns: 40 },
      );
    });

    describe('search', () => {
      it('finds the documents that carry all tokens, highest first, ties by id', async () => {
        const [a, b, c, d] = await add(
          note({ words: ['water', 'well'], order: 1 }),
          note({ words: ['well', 'mosque', 'water', 'well'], order: 3 }),
          note({ words: ['water'], order: 2 }),
          note({ words: ['water', 'well'], order: 3 }),
        );
        const search = (tokens: string[], more: { limit?: number; after?: StoredDocument } = {}) =>
          collection.search({ index: 'words', tokens, limit: 10, ...more });
        expect(idsOf(await search(['water']))).toEqual(idsOf([d!, b!, c!, a!]));
        expect(idsOf(await search(['well', 'water']))).toEqual(idsOf([d!, b!, a!]));
        expect(idsOf(await search(['water', 'well', 'mosque', 'well']))).toEqual([b!.id]);
        expect(idsOf(await search(['water', 'nothing']))).toEqual([]);
        expect(idsOf(await search(['water'], { limit: 2 }))).toEqual(idsOf([d!, b!]));
        expect(idsOf(await search(['water'], { after: b! }))).toEqual(idsOf([c!, a!]));
        expect(idsOf(await search(['well', 'water'], { after: d!, limit: 1 }))).toEqual([b!.id]);
      });

      it('orders by id where the index has no second field', async () => {
        const [a, b] = await add(note({ tags: ['t-search'] }), note({ tags: ['t-search', 'x'] }));
        expect(idsOf(await collection.search({ index: 'tags', tokens: ['t-search'], limit: 9 }))).toEqual(
          idsOf([b!, a!]),
        );
        expect(idsOf(await collection.search({ index: 'tags', tokens: ['t-search'], limit: 9, after: b! }))).toEqual([
          a!.id,
        ]);
      });

      it('refuses no tokens, too many tokens and an index without an array', async () => {
        const tokens = Array.from({ length: 17 }, (_, n) => `t${n}`);
        await expect(collection.search({ index: 'words', tokens, limit: 1 })).rejects.toThrow(/tokens/);
        await expect(collection.search({ index: 'words', tokens: [], limit: 1 })).rejects.toThrow(/tokens/);
        await expect(collection.search({ index: 'place', tokens: ['a'], limit: 1 })).rejects.toThrow(/multi/);
      });
    });

    describe('counting', () => {
      it('counts what an index holds for its first values', async () => {
        const place = fresh('place');
        await add(note({ place, order: 1 }), note({ place, order: 1 }), note({ place, order: 2 }), note({ order: 1 }));
        expect(await collection.count('place', [place])).toBe(3);
        expect(await collection.count('place', [place, 1])).toBe(2);
        expect(await collection.count('place', ['nowhere'])).toBe(0);
      });

      it('counts by each value of the first field, keeping its type', async () => {
        const [a, b] = [fresh('place'), fresh('place')];
        await add(note({ place: a }), note({ place: a }), note({ place: b }));
        const byPlace = await collection.countBy('place');
        expect([byPlace.get(a), byPlace.get(b), byPlace.has('nowhere')]).toEqual([2, 1, false]);
        await add(
          note({ flag: true }),
          note({ dueAt: 4_711 }),
          note({ tags: ['t-count', 'u-count'] }),
          note({ tags: ['t-count'] }),
        );
        expect([...(await collection.countBy('flag')).keys()].every((key) => typeof key === 'boolean')).toBe(true);
        expect((await collection.countBy('flag')).get(true)).toBe(await collection.count('flag', [true]));
        expect((await collection.countBy('due')).get(4_711)).toBe(1);
        const byTag = await collection.countBy('tags');
        expect([byTag.get('t-count'), byTag.get('u-count')]).toEqual([2, 1]);
      });
    });

    describe('a batch', () => {
      it('writes in order, over several collections', async () => {
        const [id, other] = [fresh(), fresh()];
        await store.batch([
          { type: 'insert', collection: 'notes', document: { id, version: 1, text: 'one' } },
          { type: 'insert', collection: 'letters', document: { id: other, version: 1 } },
          { type: 'replace', collection: 'notes', document: { id, version: 2, text: 'two' }, expectedVersion: 1 },
          { type: 'replace', collection: 'notes', document: { id, version: 3, text: 'three' }, expectedVersion: 2 },
          { type: 'remove', collection: 'letters', id: other },
          { type: 'insert', collection: 'letters', document: { id: other, version: 1, again: true } },
        ]);
        expect(await collection.get(id)).toEqual({ id, version: 3, text: 'three' });
        expect(await store.collection('letters').get(other)).toEqual({ id: other, version: 1, again: true });
        await store.batch([]);
      });

      it('changes nothing when it is repeated', async () => {
        const [a, b, c] = await add(note({ code: fresh('code') }), note(), note());
        const writes: BatchWrite[] = [
          { type: 'insert', collection: 'notes', document: note({ code: fresh('code'), words: ['batch'] }) },
          { type: 'replace', collection: 'notes', document: { ...a!, version: 2, text: 'once' }, expectedVersion: 1 },
          { type: 'remove', collection: 'notes', id: b!.id },
          { type: 'insert', collection: 'notes', document: note() },
          { type: 'replace', collection: 'notes', document: { ...c!, version: 2 }, expectedVersion: 1 },
        ];
        const ids = writes.map((write) => (write.type === 'remove' ? write.id : write.document.id));
        await store.batch(writes);
        const once = await collection.getMany(ids);
        await collection.replace({ ...a!, version: 3, text: 'later' }, 2);
        await store.batch(writes);
        await store.batch(writes.toReversed());
        const twice = await collection.getMany(ids);
        expect(idsOf(twice).sort()).toEqual(idsOf(once).sort());
        expect(once).toHaveLength(4);
        expect(await collection.get(a!.id)).toMatchObject({ version: 3, text: 'later' });
      });

      it('passes over what exists and writes what is missing', async () => {
        const all = Array.from({ length: 9 }, (_, n) => note({ n }));
        await add(...all.filter((_, n) => n % 3 === 0));
        await store.batch(
          all.map((document) => ({ type: 'insert', collection: 'notes', document: { ...document, late: true } })),
        );
        const found = await collection.getMany(idsOf(all));
        expect(found).toHaveLength(9);
        expect(found.filter(({ late }) => late === true)).toHaveLength(6);
      });

      it('is refused with Duplicate when an insert takes the unique value of another', async () => {
        const code = fresh('code');
        await add(note({ code }));
        const batch = store.batch([{ type: 'insert', collection: 'notes', document: note({ code }) }]);
        await expect(batch).rejects.toBeInstanceOf(Duplicate);
      });

      it('of a thousand writes is written whole', async () => {
        const many = Array.from({ length: 1_000 }, (_, n) => note({ place: `many-${last}`, order: n }));
        await store.batch(many.map((document) => ({ type: 'insert', collection: 'notes', document })));
        expect(await collection.getMany(idsOf(many))).toHaveLength(1_000);
      });
    });

    it('reads everything that was acknowledged', async () => {
      await Promise.all(
        Array.from({ length: 50 }, async (_, n) => {
          const document = note({ place: `seen-${n}` });
          await collection.insert(document);
          expect(await collection.get(document.id)).not.toBeNull();
          expect(await collection.count('place', [`seen-${n}`])).toBe(1);
        }),
      );
    });

    it('refuses a collection that is not declared', async () => {
      expect(() => store.collection('nothing')).toThrow(/declared/);
      await expect(store.batch([{ type: 'remove', collection: 'nothing', id: 'x' }])).rejects.toThrow(/declared/);
    });

    describe('a blob', () => {
      const streamed = async (id: string) => {
        const stream = await store.blobs.get(id);
        if (stream === null) return null;
        const chunks: Uint8Array[] = [];
        for await (const chunk of stream) chunks.push(chunk);
        return { bytes: Buffer.concat(chunks), largest: Math.max(0, ...chunks.map(({ byteLength }) => byteLength)) };
      };
      const chunks = async function* (count: number, fill: number) {
        for (let n = 0; n < count; n++) yield new Uint8Array(100_000).fill((fill + n) % 251);
      };
      const expected = async (count: number, fill: number) => {
        const pieces: Uint8Array[] = [];
        for await (const piece of chunks(count, fill)) pieces.push(piece);
        return Buffer.concat(pieces);
      };

      it('comes back as it was put, in pieces', async () => {
        const id = fresh('blob');
        expect(await store.blobs.put(id, chunks(20, 1))).toEqual({ sizeBytes: 2_000_000 });
        const found = await streamed(id);
        expect(found?.bytes.equals(await expected(20, 1))).toBe(true);
        expect(found?.largest).toBeLessThan(1_000_000);
      });

      it('may be empty', async () => {
        const id = fresh('blob');
        expect(await store.blobs.put(id, chunks(0, 0))).toEqual({ sizeBytes: 0 });
        expect((await streamed(id))?.bytes.byteLength).toBe(0);
      });

      it('is replaced by another of its id', async () => {
        const id = fresh('blob');
        await store.blobs.put(id, chunks(3, 1));
        await store.blobs.put(id, chunks(1, 9));
        expect((await streamed(id))?.bytes.equals(await expected(1, 9))).toBe(true);
        await store.blobs.remove(id);
        expect(await store.blobs.get(id)).toBeNull();
      });

      it('is null when there is none, and removing it does nothing', async () => {
        expect(await store.blobs.get('no-blob')).toBeNull();
        await store.blobs.remove('no-blob');
        for (const id of ['../x', '', '.', '..', 'a/b', 'x'.repeat(201)]) {
          expect(await store.blobs.get(id)).toBeNull();
          await store.blobs.remove(id);
          await expect(store.blobs.put(id, chunks(1, 1))).rejects.toThrow(/cannot name a blob/);
        }
      });

      it('keeps nothing of a stream that fails, and throws what it threw', async () => {
        const failing = async function* () {
          yield* chunks(5, 1);
          throw new RangeError('the phone went away');
        };
        const [never, before] = [fresh('blob'), fresh('blob')];
        await store.blobs.put(before, chunks(1, 3));
        await expect(store.blobs.put(never, failing())).rejects.toThrow(new RangeError('the phone went away'));
        await expect(store.blobs.put(before, failing())).rejects.toBeInstanceOf(RangeError);
        expect(await store.blobs.get(never)).toBeNull();
        expect((await streamed(before))?.bytes.equals(await expected(1, 3))).toBe(true);
      });

      it('is one or the other whole while it is replaced', async () => {
        const id = fresh('blob');
        await store.blobs.put(id, chunks(2, 0));
        const puts = [1, 2, 3].map((fill) => store.blobs.put(id, chunks(2, fill * 10)));
        await Promise.all(puts);
        const found = await streamed(id);
        const possible = await Promise.all([10, 20, 30].map((fill) => expected(2, fill)));
        expect(possible.some((bytes) => found?.bytes.equals(bytes))).toBe(true);
      });

      it('may be left by its reader in the middle', async () => {
        const id = fresh('blob');
        await store.blobs.put(id, chunks(20, 1));
        for await (const chunk of (await store.blobs.get(id))!) {
          expect(chunk.byteLength).toBeGreaterThan(0);
          break;
        }
        await store.blobs.remove(id);
        expect(await store.blobs.get(id)).toBeNull();
      });
    });

    describe('a walk over the blobs', () => {
      const put = (id: string, ...pieces: string[]) =>
        store.blobs.put(
          id,
          (async function* () {
            for (const piece of pieces) yield Buffer.from(piece);
          })(),
        );
      const walked = async () => {
        const found: StoredBlob[] = [];
        for await (const blob of store.blobs.walk()) found.push(blob);
        return found;
      };

      it('meets each blob once, with its id and its time, and removes it', async () => {
        const before = Date.now();
        const ids = [fresh('blob'), fresh('blob')];
        for (const id of ids) await put(id, 'a', 'b');
        await put(ids[0]!, 'replaced');
        const found = (await walked()).filter(({ id }) => id !== null && ids.includes(id));
        expect(found.map(({ id }) => id).sort()).toEqual([...ids].sort());
        // Both stores know times to the second at least.
        for (const { at } of found) expect(Math.abs(at - before)).toBeLessThan(5_000);
        for (const blob of found) await blob.remove();
        for (const blob of found) await blob.remove();
        for (const id of ids) expect(await store.blobs.get(id)).toBeNull();
        expect((await walked()).filter(({ id }) => id !== null && ids.includes(id))).toEqual([]);
      });

      it('removes nothing that was written under the id since', async () => {
        const id = fresh('blob');
        await put(id, 'old');
        const old = (await walked()).find((blob) => blob.id === id);
        await sleep(20);
        await put(id, 'new');
        await old?.remove();
        expect(await store.blobs.get(id)).not.toBeNull();
      });

      it('goes on when blobs go while it is under way', async () => {
        const ids = Array.from({ length: 5 }, () => fresh('blob'));
        for (const id of ids) await put(id, 'x');
        const met = new Set<string | null>();
        for await (const { id } of store.blobs.walk()) {
          if (met.size === 0) await store.blobs.remove(ids[4]!);
          met.add(id);
        }
        for (const id of ids.slice(0, 4)) expect(met).toContain(id);
      });
    });

    describe('opened again', () => {
      it('finds everything, and an index declared since then holds what was there before', async () => {
        const place = fresh('place');
        const [document] = await add(
          note({ place, order: 5, colour: 'blue', labels: ['l1', 'l2'], words: ['reopened'] }),
          note({ place, order: 1 }),
        );
        await store.blobs.put(
          'kept',
          (async function* () {
            yield Buffer.from('kept');
          })(),
        );
        await store.close();
        const more: CollectionDeclaration = {
          name: 'notes',
          indexes: {
            ...notes.indexes,
            place: { fields: ['place', 'colour'] },
            colour: { fields: ['colour', 'order'] },
            labels: { fields: ['labels', 'order'], multi: true },
          },
        };
        store = await under.open([
          more,
          ...contractCollections.slice(1),
          { name: 'new-ones', indexes: { at: { fields: ['at'] } } },
        ]);
        collection = store.collection('notes');
        expect(await collection.get(document!.id)).toEqual(document);
        expect(
          idsOf(await collection.find({ index: 'colour', equals: ['blue'], order: 'ascending', limit: 9 })),
        ).toEqual([document!.id]);
        expect(
          idsOf(await collection.find({ index: 'place', equals: [place, 'blue'], order: 'ascending', limit: 9 })),
        ).toEqual([document!.id]);
        expect(idsOf(await collection.search({ index: 'labels', tokens: ['l2', 'l1'], limit: 9 }))).toEqual([
          document!.id,
        ]);
        expect(idsOf(await collection.search({ index: 'words', tokens: ['reopened'], limit: 9 }))).toEqual([
          document!.id,
        ]);
        expect(await store.blobs.get('kept')).not.toBeNull();
        await store.collection('new-ones').insert({ id: 'n', version: 1, at: 1 });
        await store.close();
        store = await under.open(contractCollections);
        collection = store.collection('notes');
        expect(await collection.count('place', [place])).toBe(2);
        expect(await collection.count('place', [place, 5])).toBe(1);
      });
    });

    describe('that cannot reach its database', () => {
      it('says StoreUnavailable to everything, within bounded time', async () => {
        await store.ping();
        const [document] = await add(note());
        await under.cutOff(store);
        const calls: Promise<unknown>[] = [
          store.ping(),
          collection.insert(note()),
          collection.get(document!.id),
          collection.getMany([document!.id]),
          collection.replace({ ...document!, version: 2 }, 1),
          collection.remove(document!.id),
          collection.find({ index: 'place', equals: ['a'], order: 'ascending', limit: 1 }),
          collection.search({ index: 'words', tokens: ['a'], limit: 1 }),
          collection.count('place', ['a']),
          collection.countBy('place'),
          store.batch([{ type: 'insert', collection: 'notes', document: note() }]),
        ];
        const limit = sleep(15_000, 'too late', { ref: false });
        const outcomes = await Promise.race([Promise.allSettled(calls), limit]);
        expect(outcomes).toHaveLength(calls.length);
        for (const outcome of outcomes)
          expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailable) as unknown });
      });
    });
  });
}
