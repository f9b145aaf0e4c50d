import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DatabaseSync } from '@photostructure/sqlite';
import type { InboundMessage } from '../src/domain/message.ts';
import type { Store } from '../src/ports/store.ts';
import type { Broadcast, Budget, Queue } from '../src/ports/queue.ts';
import { createRecordingChannel } from '../test/support/recording-channel.ts';
import { createWorld, messageFrom, openTemporaryStore } from '../test/support/world.ts';
import { percentile } from './measure.ts';

const people = 400;

export interface Backend {
  readonly store: Store;
  readonly queue?: Queue;
  readonly broadcast?: Broadcast;
  readonly budget?: Budget;
  readonly isSoleWorker?: boolean;
}

/**
 * Whole messages a second: accepted durably, stepped by the engine, committed, answered and recorded as sent, everything sealed. The
 * channel takes messages at once, so what is measured is Wasl and its store.
 */
export async function benchEndToEnd(backend: Backend, seconds: number) {
  const world = await openWorld(backend);
  const full = await world.run(seconds, Infinity);
  const half = await world.run(seconds, full.perSecond / 2);
  const idle = await world.run(Math.min(seconds, 3), 20);
  await world.close();
  return { full, half, idle };
}

async function openWorld(backend: Backend) {
  const counted = countWrites(backend.store);
  const begun = new Map<string, number>();
  const latencies: number[] = [];
  const channel = createRecordingChannel({
    sent: [],
    after: async ({ address }) => {
      const at = begun.get(address.chat);
      if (at !== undefined) latencies.push(performance.now() - at);
      begun.delete(address.chat);
      arrived(address.chat);
    },
  });
  // What was sent is not kept: a bench may send a million.
  channel.sent.push = () => 0;
  const waiters = new Map<string, () => void>();
  const arrived = (chat: string) => waiters.get(chat)?.();
  const { runtime } = await createWorld({ ...backend, store: counted.store, adapters: [channel] });
  await runtime.startWorker();

  let sequence = 0;
  async function say(chat: string, text: string): Promise<void> {
    const answered = new Promise<void>((resolve) => waiters.set(chat, resolve));
    begun.set(chat, performance.now());
    sequence += 1;
    const message: InboundMessage = messageFrom(chat, `m${sequence}`, text);
    await runtime.intake.accept([message]);
    await answered;
  }

  const chats = Array.from({ length: people }, (_, index) => `bench-${index}`);
  for (const text of ['hello', 'Amal', '4']) await Promise.all(chats.map((chat) => say(chat, text)));
  await pause(500);

  return {
    /** Everybody writes as soon as they were answered, or at most `perSecond` messages in all. */
    async run(seconds: number, perSecond: number) {
      latencies.length = 0;
      counted.reset();
      const cpu = process.cpuUsage();
      const begin = performance.now();
      const until = begin + seconds * 1000;
      const pauseMs = (people / perSecond) * 1000;
      await Promise.all(
        chats.map(async (chat, index) => {
          let next = begin + (pauseMs * index) / people;
          while (performance.now() < until) {
            if (pauseMs > 0) await pause(Math.max(0, next - performance.now()));
            if (performance.now() >= until) return;
            await say(chat, 'good morning, is there water today?');
            next += pauseMs;
          }
        }),
      );
      const used = process.cpuUsage(cpu);
      const elapsed = (performance.now() - begin) / 1000;
      const messages = latencies.length;
      return {
        perSecond: messages / elapsed,
        p50Ms: percentile(latencies, 0.5),
        p99Ms: percentile(latencies, 0.99),
        cpuMicrosPerMessage: (used.user + used.system) / messages,
        writesPerMessage: counted.writes() / messages,
      };
    },
    close: () => runtime.close(),
  };
}

/** Calls that write: an insert, a replace or a batch is one. */
export function countWrites(store: Store) {
  let writes = 0;
  const counting: Store = {
    ...store,
    collection(name) {
      const collection = store.collection(name);
      return {
        ...collection,
        insert: (document) => ((writes += 1), collection.insert(document)),
        replace: (document, version) => ((writes += 1), collection.replace(document, version)),
        remove: (id) => ((writes += 1), collection.remove(id)),
      };
    },
    batch: (batch) => ((writes += 1), store.batch(batch)),
  };
  return { store: counting, writes: () => writes, reset: () => (writes = 0) };
}

/** The raw baseline: single-row SQLite transactions a second, each fsynced, in this thread. */
export async function benchRawSqlite(seconds: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'wasl-bench-'));
  const database = new DatabaseSync(join(folder, 'raw.sqlite'));
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE rows (id INTEGER PRIMARY KEY, body TEXT)',
  );
  const insert = database.prepare('INSERT INTO rows (body) VALUES (?)');
  const body = 'x'.repeat(1_000);
  const begin = performance.now();
  let done = 0;
  while (performance.now() - begin < seconds * 1000) {
    insert.run(body);
    done += 1;
  }
  const perSecond = done / ((performance.now() - begin) / 1000);
  database.close();
  await rm(folder, { recursive: true, force: true });
  return perSecond;
}

/** The embedded store in a folder of its own. */
export async function withSqlite<Result>(work: (backend: Backend) => Promise<Result>): Promise<Result> {
  const opened = await openTemporaryStore();
  try {
    return await work({ store: opened.store });
  } finally {
    await opened.store.close();
    await opened.remove();
  }
}
