import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SendError } from '../../src/domain/errors.ts';
import { toId } from '../../src/domain/ids.ts';
import type { FlowCall } from '../../src/runtime/slow-effects.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { createCrashingStore } from '../support/crashing-store.ts';
import { testProgram } from '../support/program.ts';
import { createRecordingChannel, type Sent } from '../support/recording-channel.ts';
import {
  addressOf,
  createMovableClock,
  createWorld,
  messageFrom,
  openTemporaryStore,
  settled,
} from '../support/world.ts';

let opened: Awaited<ReturnType<typeof openTemporaryStore>>;
let running: Runtime[] = [];
beforeEach(async () => {
  opened = await openTemporaryStore();
});
afterEach(async () => {
  await Promise.all(running.map((runtime) => runtime.close()));
  running = [];
  await opened.store.close();
  await opened.remove();
});

async function start(options: Partial<Parameters<typeof createWorld>[0]> = {}) {
  const channel = createRecordingChannel();
  const world = await createWorld({ store: opened.store, adapters: [channel], ...options });
  running.push(world.runtime);
  await world.runtime.startWorker();
  const id = world.repositories.ids.conversation(addressOf('7'));
  const say = async (name: string, text: string) => {
    await world.runtime.intake.accept([messageFrom('7', name, text)]);
    await settled(world.repositories, [id]);
  };
  return { ...world, channel, id, say };
}

const textsOf = (sent: readonly Sent[]) =>
  sent.map(({ content }) => (content.type === 'text' ? content.text : content.type));

describe('a call of a flow', () => {
  const program = testProgram([
    {
      ...{ spec: 1, id: 'welcome', version: 2, title: { en: 'Stock' }, start: 'stock' },
      nodes: [
        {
          ...{ id: 'stock', type: 'call', method: 'GET', url: 'https://stock.example.org/v1', save: 'stock' },
          exits: { next: 'told', failed: 'failed' },
        },
        { id: 'told', type: 'end', text: { en: 'There are {{stock}}.' } },
        { id: 'failed', type: 'end', text: { en: 'Nobody knows.' } },
      ],
    },
  ]);

  it('that its process did not live to hear is made again, and answered once', async () => {
    const clock = createMovableClock();
    const keys: string[] = [];
    const silent: FlowCall = async (_, key) => {
      keys.push(key);
      return await new Promise(() => {});
    };
    const crashing = createCrashingStore(opened.store, Infinity);
    const first = await createWorld({
      ...{ store: crashing.store, adapters: [createRecordingChannel()], clock, program, call: silent },
    });
    await first.runtime.startWorker();
    await first.runtime.intake.accept([messageFrom('7', 'm0', 'hello')]);
    await expect.poll(() => keys.length).toBe(1);
    crashing.kill();

    clock.advance(60_000);
    const call: FlowCall = async (_, key) => {
      keys.push(key);
      return Promise.resolve({ ok: true, status: 200, body: 3 });
    };
    const { repositories, id, channel } = await start({ clock, program, call });
    await expect
      .poll(() => textsOf(channel.sent), { timeout: 5_000 })
      .toEqual([expect.stringMatching(/There are .?3.?\./)]);
    expect(keys[1]).toBe(keys[0]);
    await settled(repositories, [id]);
    expect(channel.sent).toHaveLength(1);
  });

  it('is broken off by a stop without becoming a failure', async () => {
    const clock = createMovableClock();
    const call: FlowCall = (_, __, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('broken off'))));
    const { runtime, repositories, id } = await start({ clock, program, call });
    await runtime.intake.accept([messageFrom('7', 'm0', 'hello')]);
    await expect.poll(async () => (await repositories.conversations.get(id))?.version).toBe(1);
    const begun = Date.now();
    await runtime.close();
    expect(Date.now() - begun).toBeLessThan(1_000);
    expect(await repositories.events.waiting(id, 5)).toEqual([]);
    expect(await repositories.conversations.get(id)).toMatchObject({ busySince: expect.any(Number) as number });
  });
});

describe('an erasure', () => {
  it('waits for a farewell that cannot be delivered, but not for ever', async () => {
    const clock = createMovableClock();
    const channel = createRecordingChannel({
      before: async ({ content }) => {
        if (content.type === 'text' && content.text.includes('Farewell'))
          throw new SendError({ is: 'retryable', reason: 'away', afterMs: 3_600_000 });
      },
    });
    const { runtime, repositories, id } = await start({ clock, adapters: [channel] });
    await runtime.intake.accept([messageFrom('7', 'm0', 'hello'), messageFrom('7', 'm1', 'delete my data')]);
    await expect.poll(() => repositories.conversations.get(id)).toMatchObject({ erasing: true });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await repositories.conversations.get(id)).toMatchObject({ erasing: true });
    clock.advance(601_000);
    await expect.poll(() => repositories.conversations.get(id), { timeout: 5_000 }).toMatchObject({ erased: true });
    expect(await repositories.messages.lane(id, 5)).toEqual([]);
    expect(await repositories.messages.page(id, { limit: 5 })).toEqual([]);
  });

  it('is not undone by a timer, a result or an officer who come late', async () => {
    const { runtime, repositories, id, say } = await start();
    await say('m0', 'hello');
    await say('m1', 'delete my data');
    await expect.poll(() => repositories.conversations.get(id), { timeout: 5_000 }).toMatchObject({ erased: true });
    const officerId = toId<'officer'>('huda');
    const late = [
      await runtime.door.post(addressOf('7'), { type: 'timer-fired', name: 'silence' }, ['late', 1]),
      await runtime.door.post(addressOf('7'), { type: 'effect-completed', key: 'k', result: 1 }, ['late', 2]),
      await runtime.door.post(addressOf('7'), { type: 'officer-claimed', officerId, officerName: 'Huda' }, ['late', 3]),
    ];
    for (const event of late)
      await expect.poll(() => repositories.events.outcome(event)).toEqual({ is: 'refused', code: 'erased' });
    expect(await repositories.conversations.get(id)).toMatchObject({ erased: true });
  });
});

describe('a timer', () => {
  it('fires once, though its process dies and two workers see that it is due', async () => {
    const clock = createMovableClock();
    const program = testProgram([
      {
        ...{ spec: 1, id: 'welcome', version: 2, title: { en: 'Wait' }, start: 'wait' },
        nodes: [
          { id: 'wait', type: 'wait', afterMs: 7_200_000, exits: { next: 'later' } },
          { id: 'later', type: 'end', text: { en: 'Two hours later.' } },
        ],
      },
    ]);
    const crashing = createCrashingStore(opened.store, Infinity);
    const dead = await createWorld({ store: crashing.store, adapters: [createRecordingChannel()], clock, program });
    await dead.runtime.startWorker();
    await dead.runtime.intake.accept([messageFrom('7', 'm0', 'hello')]);
    await settled(dead.repositories, [dead.repositories.ids.conversation(addressOf('7'))]);
    crashing.kill();

    const sent: Sent[] = [];
    const adapters = [createRecordingChannel({ sent })];
    await start({ clock, program, adapters, isSoleWorker: false });
    const { repositories, id } = await start({ clock, program, adapters, isSoleWorker: false });
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(sent).toEqual([]);
    clock.advance(7_200_000);
    await expect.poll(() => textsOf(sent), { timeout: 6_000 }).toEqual(['Two hours later.']);
    await settled(repositories, [id]);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(sent).toHaveLength(1);
    expect(await repositories.timers.due(clock.now(), 5)).toEqual([]);
  });
});

describe('a send that nobody can make work', () => {
  it('is given up after some tries when the channel throws by mistake, and the lane goes on', async () => {
    const clock = createMovableClock();
    let tries = 0;
    const channel = createRecordingChannel({
      before: async ({ content }) => {
        if (content.type !== 'text' || !content.text.includes('name')) return;
        tries += 1;
        throw new TypeError('a mistake of ours');
      },
    });
    const { runtime, repositories, id } = await start({ clock, adapters: [channel] });
    await runtime.intake.accept([messageFrom('7', 'm0', 'hello'), messageFrom('7', 'm1', 'Amal')]);
    for (let pause = 0; pause < 6; pause += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      clock.advance(60_000);
    }
    await settled(repositories, [id], 5_000);
    expect(tries).toBe(5);
    expect(channel.sent).toHaveLength(1);
    const lines = (await repositories.messages.page(id, { limit: 5 })).filter((line) => 'status' in line);
    expect(lines.map((line) => ('status' in line ? [line.status, line.failure] : []))).toEqual([
      ['sent', undefined],
      ['failed', 'unexpected'],
    ]);
  });
});
