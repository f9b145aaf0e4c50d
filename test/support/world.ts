import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InboundContent, InboundMessage, OutboundContent } from '../../src/domain/message.ts';
import type { ConversationId } from '../../src/domain/ids.ts';
import type { Organisation } from '../../src/domain/organisation.ts';
import type { Program } from '../../src/flow/program.ts';
import type { OpenAccounts } from '../../src/ports/accounts.ts';
import type { Capabilities, ChannelAdapter } from '../../src/ports/channel.ts';
import { systemClock, type Clock } from '../../src/ports/clock.ts';
import type { Log } from '../../src/ports/log.ts';
import type { Meter } from '../../src/ports/meter.ts';
import type { Broadcast, Budget, Queue } from '../../src/ports/queue.ts';
import type { Repositories } from '../../src/ports/repositories.ts';
import type { Store } from '../../src/ports/store.ts';
import { createInProcessBroadcast } from '../../src/queue/in-process/broadcast.ts';
import { createInProcessBudget } from '../../src/queue/in-process/budget.ts';
import { createInProcessQueue } from '../../src/queue/in-process/queue.ts';
import type { ScreenMedia } from '../../src/runtime/media.ts';
import { createRuntime, type Runtime } from '../../src/runtime/runtime.ts';
import type { FlowCall } from '../../src/runtime/slow-effects.ts';
import { collections } from '../../src/store/collections.ts';
import { openRepositories } from '../../src/store/repositories.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts';
import { fixedAccounts } from './fixed-accounts.ts';
import { testProgram, testTranslate } from './program.ts';

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
export const testSecretKey = randomBytes(32);

/** Open at all hours, so that no test depends on when it runs. */
const alwaysOpen: Organisation = {
  facts: {},
  hours: ([0, 1, 2, 3, 4, 5, 6] as const).map((day) => ({ day, fromMinute: 0, toMinute: 1440 })),
  closedDates: [],
};

/** A clock that a test moves forward; pauses pass as on the machine. */
export function createMovableClock(): Clock & { advance(ms: number): void } {
  let offset = 0;
  return {
    now: () => Date.now() + offset,
    after: (ms, callback) => systemClock.after(ms, callback),
    advance: (ms) => (offset += ms),
  };
}

/** A clock that goes `times` faster than the machine's, pauses too. */
export function createScaledClock(times: number): Clock {
  const begin = Date.now();
  return {
    now: () => begin + (performance.timeOrigin + performance.now() - begin) * times,
    after: (ms, callback) => systemClock.after(ms / times, callback),
  };
}

export async function openTemporaryStore(
  folder?: string,
): Promise<{ store: Store; folder: string; remove(): Promise<void> }> {
  const dir = folder ?? (await mkdtemp(join(tmpdir(), 'wasl-test-')));
  const store = await openSqliteStore({ file: join(dir, 'wasl.sqlite'), blobsDir: join(dir, 'blobs'), collections });
  return { store, folder: dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

export interface WorldOptions {
  readonly store: Store;
  /** Those of channels that need the repositories are made with them. */
  readonly adapters?: readonly ChannelAdapter[] | ((repositories: Repositories) => readonly ChannelAdapter[]);
  /** Instead of `adapters`. */
  readonly accounts?: OpenAccounts;
  /** How long or rich contents are taken apart; not at all when absent. */
  readonly split?: (content: OutboundContent, capabilities: Capabilities) => readonly OutboundContent[];
  readonly clock?: Clock;
  readonly queue?: Queue;
  readonly broadcast?: Broadcast;
  readonly budget?: Budget;
  readonly meter?: Meter;
  /** A function where it changes while the world lives. */
  readonly program?: Program | (() => Program);
  readonly call?: FlowCall;
  /** Every file is kept when absent. */
  readonly screenMedia?: ScreenMedia;
  /** For ever when absent. */
  readonly keepFilesMs?: number;
  readonly isSoleWorker?: boolean;
  readonly secretKey?: Buffer;
  readonly log?: Log;
  readonly hooks?: { released: string; closed: string; caseChanged: string };
}

/** One process's runtime over a store, with the real repositories, queue and engine. */
export async function createWorld(
  options: WorldOptions,
): Promise<{ runtime: Runtime; repositories: Repositories; queue: Queue }> {
  const clock = options.clock ?? systemClock;
  const log = options.log ?? silentLog;
  const repositories = await openRepositories({
    store: options.store,
    secretKey: options.secretKey ?? testSecretKey,
    log,
  });
  const queue = options.queue ?? createInProcessQueue({ clock, log });
  const program = options.program ?? testProgram();
  const { adapters: given = [] } = options;
  const adapters = typeof given === 'function' ? given(repositories) : given;
  const runtime = createRuntime({
    repositories,
    queue,
    broadcast: options.broadcast ?? createInProcessBroadcast(),
    budget: options.budget ?? createInProcessBudget({ clock }),
    ...(options.meter && { meter: options.meter }),
    clock,
    log,
    processName: `test-${randomUUID().slice(0, 8)}`,
    isSoleWorker: options.isSoleWorker ?? true,
    accounts: options.accounts ?? fixedAccounts(adapters),
    split: options.split ?? ((content) => [content]),
    screenMedia: options.screenMedia ?? {
      maxBytes: Infinity,
      limits: { kinds: ['photo'], maxMegabytes: 20 },
      screen: async (bytes) => ({ mimeType: 'application/octet-stream', bytes }),
    },
    keepFilesMs: options.keepFilesMs ?? null,
    call: options.call ?? (async () => ({ ok: false, status: 0 })),
    program: typeof program === 'function' ? program : () => program,
    translate: testTranslate,
    organisation: () => alwaysOpen,
    languages: ['ar', 'en'],
    defaultLanguage: 'en',
    timeZone: 'Asia/Riyadh',
    hooks: options.hooks ?? { released: 'menu', closed: 'survey', caseChanged: 'news' },
  });
  return { runtime, repositories, queue };
}

export function addressOf(chat: string) {
  return { channel: 'test', account: 'main', chat };
}

export function messageFrom(chat: string, id: string, content: InboundContent | string): InboundMessage {
  return {
    address: addressOf(chat),
    platformMessageId: id,
    kind: typeof content !== 'string' && content.type === 'choice' ? 'choice' : 'message',
    sentAt: 0,
    sender: { name: 'Amal', language: 'en' },
    content: typeof content === 'string' ? { type: 'text', text: content } : content,
  };
}

/** Waits until nothing waits in a conversation's mailbox and lane; fails after `limitMs`. */
export async function settled(
  repositories: Repositories,
  ids: readonly ConversationId[],
  limitMs = 10_000,
): Promise<void> {
  const until = Date.now() + limitMs;
  for (;;) {
    let busy = 0;
    for (const id of ids) {
      busy += (await repositories.events.waiting(id, 1)).length + (await repositories.messages.lane(id, 1)).length;
    }
    if (busy === 0) return;
    if (Date.now() > until) throw new Error(`${busy} events or messages still wait after ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
