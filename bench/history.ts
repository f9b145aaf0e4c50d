import type { BatchWrite, Store } from '../src/ports/store.ts';
import { benchEndToEnd, withSqlite } from './end-to-end.ts';

/** What a store holds before the measured messages come. */
export interface History {
  readonly conversations: number;
  readonly messages: number;
}

/** End to end on an embedded store that already holds a history: speed must not depend on it. */
export async function benchHistory(history: History, seconds: number) {
  return withSqlite(async (backend) => {
    await fill(backend.store, history);
    return benchEndToEnd(backend, seconds);
  });
}

const batchSize = 1_000;

/** Writes rows as the repositories leave them when all is done: sent messages, consumed events, quiet conversations. */
async function fill(store: Store, { conversations, messages }: History): Promise<void> {
  const sealed = 'x'.repeat(300);
  const now = Date.now();
  const rows = function* (): Generator<BatchWrite> {
    for (let n = 0; n < conversations; n += 1) {
      const document = {
        ...{
          id: `old-${n}`,
          version: 9,
          keyId: `old-${n}`,
          sealed: sealed.repeat(3),
          personId: `p-${n}`,
          language: 'ar',
        },
        ...{ owner: 'bot', consumed: [], createdAt: n, lastInboundAt: n, updatedAt: n },
      };
      yield { type: 'insert', collection: 'conversations', document };
    }
    for (let n = 0; n < messages; n += 1) {
      const conversationId = `old-${n % conversations}`;
      const order = `${String(Math.floor(n / conversations)).padStart(10, '0')}-000000`;
      const document = {
        ...{ id: `old-message-${n}`, version: 2, keyId: conversationId, sealed, conversationId, order, at: n },
        ...{ direction: 'out', author: { is: 'bot' }, status: 'sent', attempts: 1, platformToken: `old-receipt-${n}` },
      };
      yield { type: 'insert', collection: 'messages', document };
      const event = { id: `old-event-${n}`, version: 2, outcome: { is: 'accepted' }, consumedAt: now };
      yield { type: 'insert', collection: 'events', document: event };
    }
  };
  let batch: BatchWrite[] = [];
  for (const row of rows()) {
    batch.push(row);
    if (batch.length < batchSize) continue;
    await store.batch(batch);
    batch = [];
  }
  if (batch.length > 0) await store.batch(batch);
}
