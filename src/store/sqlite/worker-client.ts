import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { AppError, Duplicate, StoreUnavailable, VersionConflict } from '../../domain/errors.ts';
import type { Answer, Envelope, Failure, Opening, Request, WorkerSettings } from './protocol.ts';

/** What may be on its way to the worker at once; further callers wait for their turn. */
const mostRequests = 4_096;
const mostBytes = 32 * 1024 * 1024;

/** The way to the thread that owns the SQLite file. */
export interface WorkerClient {
  /** `bytes` is about how much the request weighs. Rejects with what the port says. */
  call(request: Request, bytes: number): Promise<unknown>;
  /** Resolves when everything asked for before is answered and the file is closed. */
  close(): Promise<void>;
}

interface Call {
  readonly request: Request;
  readonly bytes: number;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Starts the thread and waits until the file is open. @throws AppError `store-locked`; StoreUnavailable when it cannot be opened. */
export async function startWorker(settings: WorkerSettings): Promise<WorkerClient> {
  const worker = startThread(settings);
  const opening = await new Promise<Opening>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('its thread ended')));
  }).catch((error: unknown): Opening => ({ opened: false, locked: false, message: String(error) }));
  if (opening.opened) return clientOf(worker, settings.file);
  await worker.terminate();
  if (opening.locked)
    throw new AppError(
      'store-locked',
      `${settings.file} is held by another process, and only one at a time may open it: stop the other one, or set MONGODB_URI to run several`,
    );
  throw new StoreUnavailable(`${settings.file} cannot be opened: ${opening.message}`);
}

function clientOf(worker: Worker, file: string): WorkerClient {
  let waiting: Call[] = [];
  const pending = new Map<number, Call>();
  let pendingBytes = 0;
  let lastNumber = 0;
  let isFlushing = false;
  let ended: StoreUnavailable | null = null;
  let closing: Promise<void> | null = null;

  /** One message for all that was asked for in this turn and has room. */
  const flush = () => {
    isFlushing = false;
    const envelopes: Envelope[] = [];
    for (const call of waiting) {
      if (pending.size >= mostRequests || (pendingBytes >= mostBytes && pending.size > 0)) break;
      lastNumber += 1;
      pending.set(lastNumber, call);
      pendingBytes += call.bytes;
      envelopes.push([lastNumber, call.request]);
    }
    waiting = waiting.slice(envelopes.length);
    if (envelopes.length > 0) worker.postMessage(envelopes);
  };
  const flushSoon = () => {
    if (isFlushing) return;
    isFlushing = true;
    setImmediate(flush);
  };
  const end = (reason: string) => {
    ended ??= new StoreUnavailable(`${file}: ${reason}`);
    for (const call of [...pending.values(), ...waiting]) call.reject(ended);
    pending.clear();
    waiting = [];
  };

  worker.on('message', (answers: readonly Answer[]) => {
    for (const [number, failure, result] of answers) {
      const call = pending.get(number);
      if (call === undefined) continue;
      pending.delete(number);
      pendingBytes -= call.bytes;
      if (failure === null) call.resolve(result);
      else call.reject(toError(failure, String(result)));
    }
    if (waiting.length > 0) flushSoon();
  });
  worker.on('error', (error) =>
    end(`the store's thread failed: ${error instanceof Error ? error.message : String(error)}`),
  );
  worker.on('exit', () => end(closing === null ? "the store's thread ended" : 'the store is closed'));

  const call = (request: Request, bytes: number) =>
    new Promise<unknown>((resolve, reject) => {
      if (ended !== null) return reject(ended);
      waiting.push({ request, bytes, resolve, reject });
      flushSoon();
    });
  const close = async () => {
    const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    await call(['close'], 0);
    await gone;
  };
  return {
    call: (request, bytes) =>
      closing === null ? call(request, bytes) : Promise.reject(new StoreUnavailable(`${file}: the store is closed`)),
    close: () => (closing ??= ended === null ? close() : Promise.resolve()),
  };
}

function toError(failure: Failure, message: string): Error {
  switch (failure) {
    case 'duplicate':
      return new Duplicate(message);
    case 'version-conflict':
      return new VersionConflict(message);
    case 'store-unavailable':
      return new StoreUnavailable(message);
    case 'bug':
      return new TypeError(message);
  }
}

/**
 * Starts worker.ts beside this file (tests, tsx), or worker.js beside the bundle that this file is part of. On Node 20 tsx does
 * not reach into worker threads by `--import`, so there it is registered from inside.
 */
function startThread(workerData: WorkerSettings): Worker {
  if (import.meta.url.endsWith('.ts')) {
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json'));
    const [register, program] = [new URL('./dist/esm/api/index.mjs', tsx), new URL('./worker.ts', import.meta.url)];
    const source = `import('${register.href}').then(({ register }) => (register(), import('${program.href}')))`;
    return new Worker(source, { eval: true, execArgv: [], workerData });
  }
  const places = ['./store/sqlite/worker.js', '../store/sqlite/worker.js'].map(
    (place) => new URL(place, import.meta.url),
  );
  const program = places.find((place) => existsSync(fileURLToPath(place))) ?? new URL('./worker.js', import.meta.url);
  return new Worker(program, { workerData });
}
