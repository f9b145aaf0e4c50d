import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { applyDeclarations } from './schema.ts';
import { isLocked, openDatabase, type Database } from './database.ts';
import { groupCommit } from './group-commit.ts';
import type { Answer, Envelope, Opening, WorkerSettings } from './protocol.ts';

/**
 * The thread that owns the SQLite file. Whatever waits when it wakes is one group: reads are answered first, then all writes
 * share one transaction and one fsync, and are answered after it.
 */
function serve(settings: WorkerSettings, port: NonNullable<typeof parentPort>): void {
  let database: Database;
  try {
    database = openDatabase(settings.file);
    applyDeclarations(database, settings.collections);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    port.postMessage({ opened: false, locked: isLocked(error), message } satisfies Opening);
    return;
  }
  const group = groupCommit(database, settings.collections);
  port.on('message', (first: readonly Envelope[]) => {
    const waiting = [...first];
    // What has come since is typed by the one sender.
    for (let more = receiveMessageOnPort(port); more !== undefined; more = receiveMessageOnPort(port))
      waiting.push(...(more.message as readonly Envelope[]));
    const post = (answers: readonly Answer[]) => {
      if (answers.length > 0) port.postMessage(answers);
    };
    post(group.read(waiting));
    post(group.write(waiting));
    const close = waiting.find(([, request]) => request[0] === 'close');
    if (close === undefined) return;
    database.close();
    post([[close[0], null, null]]);
    port.close();
  });
  port.postMessage({ opened: true } satisfies Opening);
}

if (parentPort === null) throw new Error('worker.ts runs in a worker thread only');
serve(workerData as WorkerSettings, parentPort); // Set by worker-client.ts.
