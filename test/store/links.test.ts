import { describe, expect, it } from 'vitest';
import { VersionConflict } from '../../src/domain/errors.ts';
import { toEffectId, toId } from '../../src/domain/ids.ts';
import { toReference } from '../../src/domain/reference.ts';
import { openLinks } from '../../src/store/links.ts';
import { deriveIds } from '../../src/store/ids.ts';
import { openRepositories } from '../../src/store/repositories.ts';
import { storeKinds } from '../support/open-test-store.ts';
import { address, followUpOf, now, sampleCase, sampleConversation, secretKey } from './samples.ts';

describe.each(storeKinds)('links on $name', (kind) => {
  async function setUp() {
    const { store, rawBytes } = await kind.open();
    const repositories = await openRepositories({ store, secretKey });
    const id = repositories.ids.conversation(address);
    return { store, rawBytes, repositories, links: repositories.links, id };
  }
  const effect = (number: number) => toEffectId(toId('c'), number, 0);

  it('make one code of eight digits for one effect, and keep its digits nowhere', async () => {
    const { links, id, rawBytes } = await setUp();
    const make = (number: number) =>
      links.makeCode({ effectId: effect(number), conversationId: id, expiresAt: now + 1 });
    const codes: string[] = [];
    for (let number = 1; number <= 50; number += 1) {
      codes.push(await make(number));
      expect(await make(number)).toBe(codes.at(-1));
    }
    expect(new Set(codes).size).toBe(50);
    for (const code of codes) expect(code).toMatch(/^\d{8}$/);
    const bytes = await rawBytes();
    for (const code of codes) expect(bytes.includes(code)).toBe(false);
    expect(await links.findCode(codes[0] ?? '')).toMatchObject({ conversationId: id, version: 1, expiresAt: now + 1 });
    expect(await links.findCode('0000000x')).toBeNull();
  });

  it('never give the same digits to two, also when the numbers drawn are the same', async () => {
    const { store } = await setUp();
    const ids = {
      ...deriveIds(Buffer.alloc(32)),
      number: (parts: readonly (string | number)[]) => 7 + Number(parts[2]),
    };
    const links = openLinks({ store, ids });
    const codes = await Promise.all(
      [1, 2, 3].map((number) =>
        links.makeCode({ effectId: effect(number), conversationId: toId('c'), expiresAt: now }),
      ),
    );
    expect(codes.sort()).toEqual(['00000007', '00000008', '00000009']);
  });

  it('let a code be used once', async () => {
    const { links, id } = await setUp();
    const digits = await links.makeCode({ effectId: effect(1), conversationId: id, expiresAt: now });
    const code = await links.findCode(digits);
    if (!code) throw new Error('unreachable');
    const used = { by: effect(2), in: id, at: now };
    await links.useCode(code, used);
    await expect(links.useCode(code, { ...used, by: effect(3) })).rejects.toThrow(VersionConflict);
    expect(await links.getCode(code.id)).toMatchObject({ used, version: 2 });
  });

  it('count each effect once, together, within their time', async () => {
    const { store, links } = await setUp();
    const other = (await openRepositories({ store, secretKey })).links;
    const limit = { name: 'tries/c', most: 5, withinMs: 1_000 };
    const all = await Promise.all(
      Array.from({ length: 12 }, (_, index) => (index % 2 ? links : other).count(limit, effect(index), now)),
    );
    expect(all.filter(Boolean)).toHaveLength(5);
    const first = all.indexOf(true);
    expect(await links.count(limit, effect(first), now)).toBe(true);
    expect(await links.count(limit, effect(90), now)).toBe(false);
    await links.uncount(limit, effect(first));
    expect(await other.count(limit, effect(91), now)).toBe(true);
    expect(await links.count(limit, effect(92), now + 999)).toBe(false);
    expect(await links.count(limit, effect(93), now + 1_000)).toBe(true);
    expect(await links.count({ ...limit, name: 'tries/d' }, effect(94), now)).toBe(true);
  });

  it('are forgotten in time, and with the person', async () => {
    const { store, links, id, repositories } = await setUp();
    const count = () => links.count({ name: 'tries/c', most: 1, withinMs: 1_000 }, effect(8), now);
    const old = await links.makeCode({ effectId: effect(1), conversationId: id, expiresAt: now });
    const fresh = await links.makeCode({ effectId: effect(2), conversationId: id, expiresAt: now + 10 });
    await count();
    await links.removeBefore(now, 10);
    expect(await links.findCode(old)).toBeNull();
    expect(await links.findCode(fresh)).not.toBeNull();
    expect(await store.collection('link-counts').get('tries/c')).toBeNull();
    const conversation = sampleConversation(id, 1);
    await repositories.conversations.commit(conversation);
    await repositories.people.erase(conversation.personId);
    expect(await links.findCode(fresh)).toBeNull();
  });

  it('move the cases of a conversation to whoever has it now, and no others', async () => {
    const { repositories, id } = await setUp();
    const { cases, conversations, followUps } = repositories;
    const first = sampleConversation(id, 1);
    await conversations.commit(first);
    const make = (number: number) => sampleCase(id, toReference(number), { id: toId(`case-${number}`) });
    await followUps.apply(followUpOf(first, { cases: [make(1), make(2)] }));
    const joint = toId<'person'>('p-joint');
    await conversations.commit({ ...first, version: 2, personId: joint });
    await cases.moveWithConversation(id);
    await cases.moveWithConversation(id);
    expect(await cases.ofPerson(first.personId, 10)).toEqual([]);
    expect((await cases.ofPerson(joint, 10)).map(({ version, reference }) => [version, reference])).toEqual([
      [2, toReference(2)],
      [2, toReference(1)],
    ]);
    await cases.moveWithConversation(toId('nobody'));
    await repositories.people.erase(joint);
    await cases.moveWithConversation(id);
    expect(await cases.ofPerson(joint, 10)).toEqual([]);
  });
});
