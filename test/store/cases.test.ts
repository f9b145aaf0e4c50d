import { describe, expect, it } from 'vitest';
import { VersionConflict } from '../../src/domain/errors.ts';
import { toEffectId, toId } from '../../src/domain/ids.ts';
import { normaliseReference, referenceCount, toReference } from '../../src/domain/reference.ts';
import { openCases } from '../../src/store/cases.ts';
import { deriveIds } from '../../src/store/ids.ts';
import { openKeyRing } from '../../src/store/key-ring.ts';
import { openRepositories } from '../../src/store/repositories.ts';
import { deriveMasterKey } from '../../src/store/secret-key.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { storeKinds } from '../support/open-test-store.ts';
import { address, followUpOf, now, sampleCase, sampleConversation, secretKey } from './samples.ts';

describe.each(storeKinds)('cases on $name', (kind) => {
  async function setUp() {
    const { store } = await kind.open();
    const repositories = await openRepositories({ store, secretKey });
    const id = repositories.ids.conversation(address);
    const open = (cases: ReturnType<typeof sampleCase>[]) =>
      repositories.followUps.apply(followUpOf(sampleConversation(id, 1), { cases }));
    return { store, cases: repositories.cases, id, open };
  }

  it('are given one reference for one effect, however often it is asked for', async () => {
    const { cases, id } = await setUp();
    const references = new Set<string>();
    for (let index = 0; index < 20; index += 1) {
      const reference = await cases.reserveReference(toEffectId(id, 1, index));
      expect(normaliseReference(reference)).toBe(reference);
      expect(await cases.reserveReference(toEffectId(id, 1, index))).toBe(reference);
      references.add(reference);
    }
    expect(references.size).toBe(20);
  });

  it('never share a reference, also when the numbers drawn are the same', async () => {
    const { store } = await setUp();
    const master = deriveMasterKey(secretKey);
    const keys = openKeyRing({ keys: store.collection('keys'), master, clock: systemClock, processes: 'one' });
    // Every effect draws 7 first, then 8, ...
    const ids = {
      ...deriveIds(Buffer.alloc(32)),
      number: (parts: readonly (string | number)[]) => 7 + Number(parts[2]),
    };
    const cases = openCases({ store, keys, ids });
    const effects = [0, 1, 2].map((index) => toEffectId(toId('c'), 1, index));
    const given = await Promise.all(effects.map((effect) => cases.reserveReference(effect)));
    expect(new Set(given)).toEqual(new Set([7, 8, 9].map(toReference)));
    expect(await Promise.all(effects.map((effect) => cases.reserveReference(effect)))).toEqual(given);
    expect(toReference(7 + referenceCount)).not.toBe(toReference(7));
  });

  it('are found by id, reference and person, and listed newest first by status', async () => {
    const { cases, id, open } = await setUp();
    const make = (number: number, status: 'received' | 'done') =>
      sampleCase(id, toReference(number), { id: toId(`case-${number}`), status, openedAt: now + number });
    const [one, two, three] = [make(1, 'received'), make(2, 'done'), make(3, 'received')];
    await open([one, two, three]);
    expect(await cases.get(one.id)).toEqual(one);
    expect(await cases.get('none')).toBeNull();
    expect(await cases.findByReference(two.reference)).toEqual(two);
    expect(await cases.findByReference(toReference(9))).toBeNull();
    expect(await cases.ofPerson(one.personId, 2)).toEqual([three, two]);
    expect(await cases.ofPerson(toId('other'), 2)).toEqual([]);
    expect(await cases.list({ limit: 10 })).toEqual([three, two, one]);
    expect(await cases.list({ limit: 2, after: three })).toEqual([two, one]);
    expect(await cases.list({ status: 'received', limit: 10 })).toEqual([three, one]);
    expect(await cases.list({ status: 'received', limit: 10, after: three })).toEqual([one]);
  });

  it('change by their version', async () => {
    const { cases, id, open } = await setUp();
    const opened = sampleCase(id, toReference(1));
    await open([opened]);
    const approved = { ...opened, version: 2, status: 'approved', updatedAt: now + 5 } as const;
    await cases.update(approved);
    expect(await cases.findByReference(opened.reference)).toEqual(approved);
    await expect(cases.update(approved)).rejects.toThrow(VersionConflict);
    await open([opened]);
    expect(await cases.get(opened.id)).toEqual(approved);
  });
});
