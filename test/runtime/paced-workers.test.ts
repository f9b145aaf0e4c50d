import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createWhatsappCloudAdapter } from '../../src/channels/whatsapp-cloud/adapter.ts';
import { systemClock as clock } from '../../src/ports/clock.ts';
import { createRedisBroadcast } from '../../src/queue/bullmq/broadcast.ts';
import { createRedisBudget } from '../../src/queue/bullmq/budget.ts';
import { putInLane, quantile } from '../support/overload.ts';
import { pollUntil } from '../support/poll-until.ts';
import { WhatsappCloudEmulator } from '../support/whatsapp-cloud-emulator.ts';
import { realLimits } from '../support/whatsapp-cloud/sending-limits.ts';
import { createWorld, openTemporaryStore, silentLog } from '../support/world.ts';

const redisUrl = inject('redisUrl');

describe.skipIf(redisUrl === null)('two workers that send for one WhatsApp number', () => {
  let opened: Awaited<ReturnType<typeof openTemporaryStore>>;
  const closing: (() => Promise<unknown>)[] = [];
  beforeEach(async () => {
    opened = await openTemporaryStore();
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    await opened.store.close();
    await opened.remove();
  });

  it('stay within its one budget together, lose and double nothing, and let officers go first', async () => {
    const cloud = await new WhatsappCloudEmulator().start();
    closing.push(() => cloud.stop());
    cloud.limits = realLimits;
    const shared = { redisUrl: redisUrl ?? '', clock, log: silentLog, prefix: `test-${randomUUID()}` };
    // The buckets' memory began an hour ago: nobody's is empty.
    const admin = new Redis(shared.redisUrl);
    await admin.set(`${shared.prefix}:budget-began`, Date.now() - 3_600_000);
    admin.disconnect();
    const startWorker = async () => {
      const adapter = createWhatsappCloudAdapter({
        ...{ account: 'main', phoneNumberId: cloud.phoneNumberId, accessToken: cloud.accessToken },
        ...{ appSecret: 'the-secret', verifyToken: 'the-token', apiRoot: cloud.apiRoot, clock, log: silentLog },
      });
      const [budget, broadcast] = [createRedisBudget(shared), createRedisBroadcast(shared)];
      // Queues of their own: what one is told, the other hears of by the store alone.
      const world = await createWorld({
        store: opened.store,
        adapters: [adapter],
        budget,
        broadcast,
        isSoleWorker: false,
      });
      closing.push(
        () => budget.close(),
        () => broadcast.close(),
        () => world.runtime.close(),
      );
      return world;
    };
    const [one, two] = [await startWorker(), await startWorker()];
    const { repositories } = one;
    const addressOf = (person: number) => ({
      channel: 'whatsapp-cloud',
      account: 'main',
      chat: `9665000${String(person).padStart(5, '0')}`,
    });
    // Ten times what a second takes.
    const people = Array.from({ length: 400 }, (_, index) => index);
    const putAt = new Map<string, number>();
    for (const person of people) {
      putAt.set(`${person} bot`, Date.now());
      const texts = [
        ['bot', `${person} bot`],
        ['bot', `${person} then`],
      ] as const;
      await putInLane(repositories, addressOf(person), 1, texts, Date.now());
    }
    await Promise.all([one.runtime.startWorker(), two.runtime.startWorker()]);
    for (let round = 0; round < 10; round += 1) {
      await pollUntil('more was sent', () => cloud.sent.length > 20 + round * 25, 20_000);
      for (const person of [1_000 + round, 190 - round]) {
        putAt.set(`${person} officer`, Date.now());
        await putInLane(repositories, addressOf(person), 2, [['officer', `${person} officer`]], Date.now());
        const key = repositories.ids.conversation(addressOf(person));
        await (round % 2 === 0 ? one : two).queue.ring({ kind: 'delivery', key });
      }
    }
    await pollUntil('all was sent', () => cloud.sent.length >= 820, 40_000);
    await pollUntil(
      'all is recorded',
      async () =>
        (await one.repositories.messages.strandedLanes(Infinity, { of: 'anybody', limit: 1 })).lanes.length === 0,
    );

    const textOf = ({ payload }: (typeof cloud.sent)[number]) => (payload as { text: { body: string } }).text.body;
    expect(cloud.callsOf('send').filter((call) => !call.taken)).toEqual([]);
    expect(cloud.sent).toHaveLength(820);
    expect(new Set(cloud.sent.map(textOf)).size).toBe(820);
    for (const person of people) {
      const officers = putAt.has(`${person} officer`) ? [`${person} officer`] : [];
      expect(cloud.sentTo(addressOf(person).chat).map(textOf)).toEqual([
        `${person} bot`,
        `${person} then`,
        ...officers,
      ]);
    }
    const waits = (who: string) =>
      cloud.sent.filter((sent) => textOf(sent).endsWith(who)).map((sent) => sent.at - (putAt.get(textOf(sent)) ?? 0));
    expect(quantile(waits('bot'), 0.5)).toBeGreaterThan(quantile(waits('officer'), 0.5) * 3);
  }, 90_000);
});
