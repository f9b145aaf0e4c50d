import { describe, expect, it } from 'vitest';
import type { LearningRecord } from '../../src/ports/content-repositories.ts';
import type { FollowUp, StoredTimer } from '../../src/ports/conversation-repositories.ts';
import { openRepositories } from '../../src/store/repositories.ts';
import { createCountedStore } from '../support/counted-store.ts';
import { storeKinds } from '../support/open-test-store.ts';
import {
  address,
  followUpOf,
  now,
  sampleCase,
  sampleConversation,
  sampleEvent,
  sampleLine,
  sampleMessage,
  secretKey,
  secrets,
} from './samples.ts';

describe.each(storeKinds)('what follows a commit on $name', (kind) => {
  async function setUp() {
    const { store, writes, reads } = createCountedStore((await kind.open()).store);
    const repositories = await openRepositories({ store, secretKey, processes: 'one' });
    const id = repositories.ids.conversation(address);
    const timer = (name: string, version: number): StoredTimer => ({
      conversationId: id,
      address,
      name,
      dueAt: now + version * 1_000,
      cause: `${id}-${version}-1`,
    });
    const apply = (version: number, change: Partial<FollowUp>) =>
      repositories.followUps.apply(followUpOf(sampleConversation(id, version), change));
    return { repositories, id, timer, apply, writes, reads };
  }

  it('is one batch, with the events marked after everything else', async () => {
    const { repositories, id, timer, writes } = await setUp();
    const event = sampleEvent(repositories, 1);
    await repositories.events.insert([event]);
    const record: LearningRecord = { id: 'r', kind: 'failure', conversationId: id, at: now, body: {} };
    writes.length = 0;
    await repositories.followUps.apply(
      followUpOf(sampleConversation(id, 1), {
        lines: [sampleLine(id, 1)],
        messages: [sampleMessage(id, 1)],
        timers: [timer('silence', 1)],
        cases: [sampleCase(id, 'W-0000018')],
        records: [record],
        results: [sampleEvent(repositories, 2)],
        consumed: [{ event, outcome: { is: 'accepted' } }],
      }),
    );
    expect(writes).toEqual([
      'batch insert messages, insert messages, insert timers, insert cases, insert learning, insert events, replace events',
    ]);
    expect(await repositories.events.waiting(id, 10)).toEqual([sampleEvent(repositories, 2)]);
    expect(await repositories.messages.page(id, { limit: 10 })).toEqual([sampleLine(id, 1), sampleMessage(id, 1)]);
    expect(await repositories.timers.get(id, 'silence')).toEqual(timer('silence', 1));
    expect(await repositories.cases.findByReference('W-0000018')).toEqual(sampleCase(id, 'W-0000018'));
    expect(await repositories.learning.list('failure', { limit: 10 })).toEqual([record]);
  });

  it('reads nothing for an ordinary turn and writes nothing when nothing follows', async () => {
    const { repositories, id, apply, writes, reads } = await setUp();
    await repositories.events.insert([sampleEvent(repositories, 1)]);
    writes.length = reads.length = 0;
    await apply(1, { lines: [sampleLine(id, 1)], messages: [sampleMessage(id, 1)] });
    expect(reads).toEqual([]);
    await apply(2, {});
    expect(writes).toHaveLength(1);
  });

  it('changes nothing when it is applied again', async () => {
    const { repositories, id, timer } = await setUp();
    const event = sampleEvent(repositories, 1);
    await repositories.events.insert([event]);
    const followUp = followUpOf(sampleConversation(id, 1), {
      lines: [sampleLine(id, 1)],
      messages: [sampleMessage(id, 1)],
      timers: [timer('silence', 1)],
      results: [sampleEvent(repositories, 2)],
      consumed: [{ event, outcome: { is: 'accepted' } }],
    });
    await repositories.followUps.apply(followUp);
    const pageBefore = await repositories.messages.page(id, { limit: 10 });
    await repositories.followUps.apply(followUp);
    expect(await repositories.messages.page(id, { limit: 10 })).toEqual(pageBefore);
    expect(await repositories.events.waiting(id, 10)).toEqual([sampleEvent(repositories, 2)]);
    expect(await repositories.timers.due(now + 10_000, 10)).toEqual([timer('silence', 1)]);
  });

  describe('timers', () => {
    it('are due in the order of their times', async () => {
      const { repositories, timer, apply } = await setUp();
      await apply(3, { timers: [timer('b', 3)] });
      await apply(4, { timers: [{ ...timer('a', 4), dueAt: now + 1 }] });
      expect((await repositories.timers.due(now + 3_000, 10)).map(({ name }) => name)).toEqual(['a', 'b']);
      expect((await repositories.timers.due(now + 2_999, 10)).map(({ name }) => name)).toEqual(['a']);
      expect(await repositories.timers.due(now + 3_000, 1)).toHaveLength(1);
    });

    it('replace the one of the same name and are cancelled by it', async () => {
      const { repositories, id, timer, apply } = await setUp();
      await apply(1, { timers: [timer('silence', 1), timer('other', 1)] });
      await apply(2, { timers: [timer('silence', 2)] });
      expect(await repositories.timers.get(id, 'silence')).toEqual(timer('silence', 2));
      expect(await repositories.timers.due(now + 10_000, 10)).toHaveLength(2);
      await apply(3, { cancelledTimers: ['silence', 'unknown'] });
      expect(await repositories.timers.get(id, 'silence')).toBeNull();
      await apply(4, { timers: [timer('other', 4)], cancelledTimers: ['other'] });
      expect(await repositories.timers.due(now + 10_000, 10)).toEqual([timer('other', 4)]);
    });

    it('are not undone by an older commit that is carried out late', async () => {
      const { repositories, id, timer, apply } = await setUp();
      await apply(2, { timers: [timer('silence', 2)] });
      await apply(1, { timers: [timer('silence', 1)] });
      await apply(1, { cancelledTimers: ['silence'] });
      expect(await repositories.timers.get(id, 'silence')).toEqual(timer('silence', 2));
    });

    it('are removed by the one who fired them, unless they were set anew', async () => {
      const { repositories, id, timer, apply } = await setUp();
      await apply(1, { timers: [timer('silence', 1)] });
      await apply(2, { timers: [timer('silence', 2)] });
      await repositories.timers.remove(timer('silence', 1));
      expect(await repositories.timers.get(id, 'silence')).toEqual(timer('silence', 2));
      await repositories.timers.remove(timer('silence', 2));
      expect(await repositories.timers.get(id, 'silence')).toBeNull();
      await apply(3, { timers: [timer('silence', 3)] });
      expect(await repositories.timers.get(id, 'silence')).toEqual(timer('silence', 3));
    });
  });

  it('teaches by kind, newest first', async () => {
    const { repositories, id, apply } = await setUp();
    const record = (number: number, kind: LearningRecord['kind']): LearningRecord => ({
      id: `r${number}`,
      kind,
      conversationId: id,
      at: now + number,
      body: { comment: secrets.comment },
    });
    const records = [record(1, 'survey'), record(2, 'question'), record(3, 'survey')];
    await apply(1, { records });
    const { learning } = repositories;
    expect(await learning.list('survey', { limit: 10 })).toEqual([records[2], records[0]]);
    expect(await learning.list('survey', { limit: 10, before: now + 3 })).toEqual([records[0]]);
    expect(await learning.list('survey', { limit: 1 })).toEqual([records[2]]);
    expect(await learning.list('failure', { limit: 10 })).toEqual([]);
  });
});
