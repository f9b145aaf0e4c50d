/* eslint-disable no-restricted-imports -- the one place of this folder that starts a thread; no other file imports it */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { BuildOptions } from './build-matcher.ts';
import type { FaqSources } from './types.ts';

/** What a builder thread is given. */
export interface BuildRequest {
  readonly sources: FaqSources;
  readonly options: BuildOptions;
}

/** Builds a model away from the event loop and gives its bytes (see `decodeModel`); rejects when the thread fails or is stopped. */
export interface ModelBuilder {
  build(request: BuildRequest): Promise<Uint8Array>;
  /** Stops the builds that run. */
  close(): Promise<void>;
}

/**
 * A builder that starts a thread for each build. `workerUrl` is the thread's file: beside this one when run from
 * sources, where the bundle put it otherwise.
 */
export function createWorkerBuilder(workerUrl: URL = findWorker()): ModelBuilder {
  const running = new Set<Worker>();
  const build = (request: BuildRequest): Promise<Uint8Array> =>
    new Promise((resolve, reject) => {
      const worker = startWorker(workerUrl, request);
      running.add(worker);
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => {
        running.delete(worker);
        // Settled already where the bytes came first.
        reject(new Error('the FAQ builder thread ended before it gave a model'));
      });
    });
  const close = async (): Promise<void> => {
    await Promise.all([...running].map((worker) => worker.terminate()));
  };
  return { build, close };
}

/** Run from sources it lies beside this file; bundled, in `faq/` beside or above the program that holds this code. */
function findWorker(): URL {
  const places = import.meta.url.endsWith('.ts')
    ? ['./builder-worker.ts']
    : ['./faq/builder-worker.js', '../faq/builder-worker.js'];
  const files = places.map((place) => new URL(place, import.meta.url));
  const found = files.find((file) => existsSync(fileURLToPath(file)));
  if (found === undefined)
    throw new Error(`no FAQ builder at ${files.map((file) => fileURLToPath(file)).join(' or ')}`);
  return found;
}

/**
 * A thread takes no loader from its parent on every supported Node: run from sources it registers tsx itself. The
 * parent's own flags are left out, since not all of them are allowed in a thread.
 */
function startWorker(workerUrl: URL, request: BuildRequest): Worker {
  if (!workerUrl.pathname.endsWith('.ts')) {
    return new Worker(workerUrl, { workerData: request, execArgv: [], resourceLimits: MEMORY });
  }
  // Resolving 'tsx/esm/api' itself gives its CommonJS face, which fails in a thread.
  const tsx = new URL(
    './dist/esm/api/index.mjs',
    pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json')),
  ).href;
  const start = `import(${JSON.stringify(tsx)}).then(({ register }) => (register(), import(${JSON.stringify(workerUrl.href)})))`;
  return new Worker(start, { eval: true, workerData: request, execArgv: [], resourceLimits: MEMORY });
}

/** Short-lived objects are collected early: left to itself the engine lets them grow by 64 MB before it looks. */
const MEMORY = { maxYoungGenerationSizeMb: 16 };
