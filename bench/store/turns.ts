import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import type { CollectionDeclaration, StoredDocument } from '../../src/ports/store.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts';

/**
 * Turns per second of the embedded store alone: insert an event, replace the conversation, one batch of four writes, replace a
 * message; documents of 1 to 2 kB. `tsx bench/store/turns.ts [seconds] [conversations] [at a time]`
 */
const [seconds = 5, conversations = 1_000, atATime = 200] = process.argv.slice(2).map(Number);
const collections: CollectionDeclaration[] = [
  {
    name: 'events',
    indexes: { waiting: { fields: ['waitingOf', 'receivedAt', 'order'] }, stranded: { fields: ['waitingSince'] } },
  },
  {
    name: 'conversations',
    indexes: { unfinished: { fields: ['unfinishedSince'] }, owner: { fields: ['owner', 'queuedAt'] } },
  },
  {
    name: 'messages',
    indexes: {
      transcript: { fields: ['conversationId', 'order'] },
      lane: { fields: ['laneOf', 'order'] },
      due: { fields: ['dueAt'] },
      platform: { fields: ['platformKey'], unique: true },
    },
  },
];
const folder = await mkdtemp(join(tmpdir(), 'wasl-bench-'));
const store = await openSqliteStore({
  file: join(folder, 'wasl.sqlite'),
  blobsDir: join(folder, 'blobs'),
  collections,
});
const body = (bytes: number) => randomBytes((bytes * 3) / 4).toString('base64');
const bodies = { event: body(900), conversation: body(1_600), message: body(1_000) };
const versions = Array.from({ length: conversations }, () => 0);
const latencies: number[] = [];

async function turn(n: number, count: number): Promise<void> {
  const began = performance.now();
  const [events, conversationsOf, messages] = ['events', 'conversations', 'messages'].map((name) =>
    store.collection(name),
  );
  if (events === undefined || conversationsOf === undefined || messages === undefined) return;
  const conversationId = `c${n}-0123456789abcdef0123456789abcdef`;
  const key = `${n}-${count}-0123456789abcdef0123456789abcdef`;
  const at = Date.now();
  const event: StoredDocument = {
    id: `e${key}`,
    version: 1,
    waitingOf: conversationId,
    waitingSince: at,
    receivedAt: at,
    order: count,
    body: bodies.event,
  };
  await events.insert(event);
  const version = versions[n] ?? 0;
  const conversation = {
    id: conversationId,
    version: version + 1,
    owner: 'bot',
    unfinishedSince: at,
    body: bodies.conversation,
  };
  await (version === 0 ? conversationsOf.insert(conversation) : conversationsOf.replace(conversation, version));
  versions[n] = version + 1;
  const line = { id: `i${key}`, version: 1, conversationId, order: `${count}-1`, body: bodies.message };
  const sending = {
    id: `o${key}`,
    version: 1,
    conversationId,
    order: `${count}-2`,
    laneOf: conversationId,
    dueAt: at,
    body: bodies.message,
  };
  const again = { id: `p${key}`, version: 1, conversationId, order: `${count}-3`, body: bodies.message };
  const { waitingOf: _waitingOf, waitingSince: _waitingSince, ...consumed } = event;
  await store.batch([
    { type: 'insert', collection: 'messages', document: line },
    { type: 'insert', collection: 'messages', document: sending },
    { type: 'insert', collection: 'messages', document: again },
    { type: 'replace', collection: 'events', document: { ...consumed, id: event.id, version: 2 }, expectedVersion: 1 },
  ]);
  const { laneOf: _laneOf, dueAt: _dueAt, ...sent } = sending;
  await messages.replace({ ...sent, version: 2, platformKey: `telegram-${key}` }, 1);
  latencies.push(performance.now() - began);
}

const until = performance.now() + seconds * 1_000;
const began = performance.now();
const cpu = process.cpuUsage();
await Promise.all(
  Array.from({ length: atATime }, async (_, lane) => {
    for (let count = 0; performance.now() < until; count++)
      for (let n = lane; n < conversations && performance.now() < until; n += atATime) await turn(n, count);
  }),
);
const took = (performance.now() - began) / 1_000;
const used = process.cpuUsage(cpu);
latencies.sort((a, b) => a - b);
console.log({
  turnsPerSecond: Math.round(latencies.length / took),
  p50Ms: latencies[Math.floor(latencies.length * 0.5)],
  p99Ms: latencies[Math.floor(latencies.length * 0.99)],
  cpuMsPerTurn: (used.user + used.system) / 1_000 / latencies.length,
  residentMb: Math.round(process.memoryUsage().rss / 1e6),
});
await store.close();
await rm(folder, { recursive: true });
