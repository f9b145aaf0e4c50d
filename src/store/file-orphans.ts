import { VersionConflict } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { FileRow } from './files.ts';
import { pagesOf } from './pages.ts';
import { toRow } from './sealing.ts';

/**
 * What a killed process or an erasure in the middle of an upload leaves behind: a row without its bytes, bytes without a row, a half of an
 * upload, or an upload whose message was never accepted. Each call looks at a few and the next one goes on, so that it costs the same however
 * much is kept. Younger than `before` nothing is touched: it may still be on its way.
 */
export function createOrphanSweep({ store, clock }: { store: Store; clock: Clock }) {
  const files = store.collection('files');
  const nextRows = inRounds(async function* () {
    for await (const page of pagesOf<FileRow>(files, { index: 'conversation', order: 'ascending' })) yield* page;
  });
  const nextBlobs = inRounds(() => store.blobs.walk());

  /** A line comes from its event, so that one of them is there from the moment a message is accepted. */
  async function belongsToMessage(id: string): Promise<boolean> {
    return (await store.collection('messages').get(id)) !== null || (await store.collection('events').get(id)) !== null;
  }

  async function isOrphan(row: FileRow): Promise<boolean> {
    return (await store.blobs.get(row.id)) === null || !(await belongsToMessage(row.id));
  }

  /** A file of an older version began its time with its message. */
  async function date(row: FileRow): Promise<void> {
    const line = await store.collection('messages').get(row.id);
    const ageFrom = typeof line?.['at'] === 'number' ? line['at'] : clock.now();
    try {
      await files.replace({ ...row, version: row.version + 1, ageFrom }, row.version);
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error;
    }
  }

  return async (before: number, limit: number): Promise<number> => {
    let removed = 0;
    for await (const { id } of nextRows(limit)) {
      const document = await files.get(id);
      const row = document && toRow<FileRow>(document);
      if (row?.ageFrom === undefined) {
        if (row) await date(row);
      } else if (row.ageFrom < before && (await isOrphan(row))) {
        await store.blobs.remove(id);
        await files.remove(id);
        removed += 1;
      }
    }
    for await (const blob of nextBlobs(limit)) {
      if (blob.at >= before || (blob.id !== null && (await files.get(blob.id)))) continue;
      await blob.remove();
      removed += 1;
    }
    return removed;
  };
}

/** Gives a walk a few at a time; the next ones go on, and begin again after its end or a failure. */
function inRounds<Item>(walk: () => AsyncIterable<Item>): (limit: number) => AsyncGenerator<Item, void, undefined> {
  let current: AsyncIterator<Item> | null = null;
  return async function* (limit) {
    for (let taken = 0; taken < limit; taken += 1) {
      current ??= walk()[Symbol.asyncIterator]();
      const ahead = current;
      current = null;
      const step = await ahead.next();
      if (step.done === true) return;
      current = ahead;
      yield step.value;
    }
  };
}
