import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SendError } from '../src/domain/errors.ts';
import { createApp } from '../src/http/app.ts';
import { metricsRoutes } from '../src/http/routes/metrics.ts';
import { openMetrics } from '../src/open-metrics.ts';
import type { ChannelStatus, PhoneSession } from '../src/ports/channel.ts';
import { systemClock } from '../src/ports/clock.ts';
import type { Bucket } from '../src/ports/queue.ts';
import type { MessageRepository } from '../src/ports/message-repositories.ts';
import { createAccountSet } from '../src/runtime/open-accounts.ts';
import { pollUntil } from './support/poll-until.ts';
import { createRecordingChannel } from './support/recording-channel.ts';
import { addressOf, createWorld, messageFrom, openTemporaryStore, settled, silentLog } from './support/world.ts';

const headers = { authorization: 'Bearer the-metrics-token' };
const account = 'channel="test",account="main"';

let opened: Awaited<ReturnType<typeof openTemporaryStore>>;
const closing: (() => Promise<void>)[] = [];
beforeEach(async () => {
  opened = await openTemporaryStore();
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await opened.store.close();
  await opened.remove();
});

async function start({ status = null as ChannelStatus | null, grants = true, refuses = false } = {}) {
  const registry = new Registry();
  const buckets: Bucket[] = [{ key: 'test', capacity: 1, refillPerSecond: 1 }];
  const adapter = {
    ...createRecordingChannel({
      before: async () => {
        if (refuses) throw new SendError({ is: 'final', reason: 'person-gone' });
      },
    }),
    budget: () => buckets,
    phone: {} as PhoneSession, // That there is one is all that is asked here.
  };
  const fixed = [{ adapter, shown: {}, identity: null }];
  let messages: MessageRepository | null = null;
  const accounts = createAccountSet({
    ...{ fixed, kinds: [], log: silentLog },
    repository: { list: async () => ({ accounts: [], removed: [] }) } as never, // Never asked for more.
  });
  const meter = openMetrics({
    ...{ registry, accounts, clock: systemClock },
    statuses: { read: async () => status },
    lanesWaiting: () => world.runtime.lanesWaiting(),
    messages: {
      strandedLanes: async (...asked) => (await messages?.strandedLanes(...asked)) ?? { lanes: [], next: null },
      lane: async (...asked) => (await messages?.lane(...asked)) ?? [],
    },
  });
  const budget = {
    take: async () =>
      grants ? ({ granted: true } as const) : ({ granted: false, afterMs: 60_000, refusedBy: ['test'] } as const),
    hold: async () => {},
    close: async () => {},
  };
  const world = await createWorld({ store: opened.store, accounts, meter, budget });
  messages = world.repositories.messages;
  await world.runtime.startWorker();
  const app = await createApp({ log: silentLog, routes: [metricsRoutes({ registry, token: 'the-metrics-token' })] });
  closing.push(
    () => app.close(),
    () => world.runtime.close(),
  );
  const read = async () => (await app.inject({ url: '/metrics', headers })).body;
  return { ...world, app, read, id: world.repositories.ids.conversation(addressOf('966501234567')) };
}

describe('the metrics', () => {
  it('are for the holder of their token alone', async () => {
    const { app } = await start();
    expect((await app.inject({ url: '/metrics' })).statusCode).toBe(401);
    expect((await app.inject({ url: '/metrics', headers: { authorization: 'Bearer other' } })).statusCode).toBe(401);
    const answer = await app.inject({ url: '/metrics', headers });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(answer.body).toContain('process_resident_memory_bytes');
  });

  it('count each message once and name nobody', async () => {
    const { runtime, repositories, read, id } = await start();
    for (const copy of [1, 2]) await runtime.intake.accept([messageFrom('966501234567', 'a1', `hello ${copy}`)]);
    await settled(repositories, [id]);
    const text = await read();
    expect(text).toContain(`wasl_messages_received_total{${account}} 1`);
    expect(text).toContain(`wasl_messages_sent_total{${account}} 1`);
    expect(text).toContain(`wasl_send_duration_seconds_count{${account}} 1`);
    expect(text).toMatch(/wasl_turn_duration_seconds_count [1-9]/);
    expect(text).toMatch(/^wasl_unsent_age_seconds 0$/m);
    expect(text).toMatch(/^wasl_events_parked_total 0$/m);
    for (const hidden of ['966501234567', id, 'Amal', 'hello']) expect(text.includes(hidden), hidden).toBe(false);
  });

  it('count what is given up', async () => {
    const { runtime, repositories, read, id } = await start({ refuses: true });
    await runtime.intake.accept([messageFrom('966501234567', 'a1', 'hello')]);
    await settled(repositories, [id]);
    const text = await read();
    expect(text).toContain(`wasl_messages_failed_total{${account}} 1`);
    expect(text).not.toContain(`wasl_messages_sent_total{`);
  });

  it('tell of what waits for its pace, and how long', async () => {
    const { runtime, read } = await start({ grants: false });
    await runtime.intake.accept([messageFrom('966501234567', 'a1', 'hello')]);
    await pollUntil('it waits', async () => /^wasl_deliveries_waiting_for_pace 1$/m.test(await read()));
    await pollUntil(
      'it has waited',
      async () => Number(/^wasl_unsent_age_seconds (\S+)$/m.exec(await read())?.[1]) > 0,
    );
  });

  it.each([
    [null, 'unpaired'],
    [{ is: 'degraded', since: 1, reason: 'no-worker' } as const, 'degraded'],
    [{ is: 'ready', since: 1, phone: '966500000000' } as const, 'ready'],
  ])('say how a linked phone is: %o', async (status, expected) => {
    const { read } = await start({ status });
    const states = [...(await read()).matchAll(/^wasl_channel_session_state\{.*state="([\w-]+)"\} (\d)$/gm)];
    expect(states).toHaveLength(6);
    expect(states.filter(([, , value]) => value === '1').map(([, state]) => state)).toEqual([expected]);
    expect(await read()).not.toContain('966500000000');
  });
});
