import type { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { toLineOrder, type TranscriptLine } from '../../../src/domain/conversation.ts';
import { StoreUnavailable } from '../../../src/domain/errors.ts';
import { toId } from '../../../src/domain/ids.ts';
import { createChatStreams, type StreamLimits } from '../../../src/http/web-chat/streams.ts';
import { createInProcessBroadcast } from '../../../src/queue/in-process/broadcast.ts';

const conversationId = toId<'conversation'>('c1');
const silentLog = { debug() {}, info() {}, warn() {}, error() {} };
const request = { conversationId, address: '192.0.2.1', after: null, expiresAt: 3_600_000 };

/** Streams over a transcript in memory, with a clock that stands until it is moved. */
function setUp(limits?: StreamLimits) {
  let now = 0;
  const timers = new Set<{ at: number; callback: () => void }>();
  const clock = {
    now: () => now,
    after(ms: number, callback: () => void) {
      const timer = { at: now + ms, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  };
  const lines: TranscriptLine[] = [];
  const store = { isAway: false };
  const broadcast = createInProcessBroadcast();
  const messages = {
    async page(_id: unknown, { limit, before }: { limit: number; before?: string }) {
      if (store.isAway) throw new StoreUnavailable('away');
      return lines
        .filter((line) => before === undefined || line.order < before)
        .reverse()
        .slice(0, limit);
    },
  };
  const streams = createChatStreams({ messages, broadcast, clock, log: silentLog, ...(limits ? { limits } : {}) });
  return {
    streams,
    broadcast,
    store,
    timers,
    add(text: string): void {
      const number = lines.length + 1;
      const at = { at: now, order: toLineOrder(number, 0), author: { is: 'bot' } } as const;
      lines.push({ id: `l${number}`, conversationId, direction: 'out', ...at, content: { type: 'text', text } });
    },
    async pass(ms: number): Promise<void> {
      const until = now + ms;
      for (;;) {
        const next = [...timers].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        timers.delete(next);
        now = next.at;
        next.callback();
        await settle();
      }
      now = until;
      await settle();
    },
  };
}

const settle = () => new Promise((done) => setImmediate(done));

function textOf(stream: Readable | null): () => string {
  let text = '';
  stream?.on('data', (piece: Buffer) => (text += piece.toString()));
  return () => text;
}

describe('a chat stream', () => {
  it('says every fifteen seconds that it is still there', async () => {
    const { streams, pass } = setUp();
    const text = textOf(streams.open(request));
    await settle();
    await pass(61_000);
    expect(text().split(': still here').length - 1).toBe(4);
  });

  it('looks for itself every five seconds, and again after the store was away', async () => {
    const { streams, store, add, pass } = setUp();
    const text = textOf(streams.open(request));
    await settle();
    store.isAway = true;
    add('لاحقا');
    await pass(10_000);
    expect(text()).not.toContain('لاحقا');
    store.isAway = false;
    await pass(5_000);
    expect(text().match(/لاحقا/g)).toHaveLength(1);
  });

  it('shows the first page once the store is there, if it was away at the beginning', async () => {
    const { streams, store, add, pass } = setUp();
    add('الأولى');
    store.isAway = true;
    const text = textOf(streams.open(request));
    await settle();
    expect(text()).not.toContain('event: ready');
    store.isAway = false;
    await pass(5_000);
    expect(text()).toMatch(/الأولى[\s\S]*event: ready/);
  });

  it('writes a line once, however many pieces of news came for it', async () => {
    const { streams, broadcast, add } = setUp();
    const text = textOf(streams.open(request));
    await settle();
    add('مرة');
    for (const topic of ['chat', 'conversations', 'chat', 'chat']) await broadcast.publish(topic, { conversationId });
    await settle();
    await broadcast.publish('chat', { conversationId });
    await settle();
    expect(text().match(/مرة/g)).toHaveLength(1);
  });

  it('drops a reader that takes nothing, instead of keeping ever more for it', async () => {
    const { streams, broadcast, add } = setUp({ perConversation: 3, perAddress: 9, total: 9, bufferBytes: 4_000 });
    const stream = streams.open(request);
    const gone = new Promise((done) => stream?.on('close', done));
    await settle();
    for (let index = 0; index < 10; index += 1) {
      add('x'.repeat(1_000));
      await broadcast.publish('chat', { conversationId });
      await settle();
    }
    await gone;
    expect(streams.count()).toBe(0);
  });

  it("ends with its session's right", async () => {
    const { streams, pass } = setUp();
    const stream = streams.open({ ...request, expiresAt: 60_000 });
    let isEnded = false;
    stream?.on('end', () => (isEnded = true)).resume();
    await pass(55_000);
    expect(isEnded).toBe(false);
    await pass(10_000);
    expect([isEnded, streams.count()]).toEqual([true, 0]);
  });

  it('leaves nothing behind when it closes', async () => {
    const { streams, timers } = setUp();
    const open = Array.from({ length: 3 }, () => streams.open(request));
    expect([streams.count(), timers.size]).toEqual([3, 3]);
    for (const stream of open) stream?.destroy();
    await settle();
    expect([streams.count(), timers.size]).toEqual([0, 0]);
  });

  it('finds no room over the total', () => {
    const { streams } = setUp({ perConversation: 9, perAddress: 9, total: 2, bufferBytes: 4_000 });
    expect([1, 2, 3].map(() => streams.open(request) !== null)).toEqual([true, true, false]);
  });
});
