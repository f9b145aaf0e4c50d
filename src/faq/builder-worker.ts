/* eslint-disable no-restricted-imports -- the worker's own end of the channel; nothing here is imported by the browser */
import { getPriority, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { BuildRequest } from './builder.ts';
import { buildMatcher } from './build-matcher.ts';
import { encodeModel } from './model-file.ts';

const LOWEST_PRIORITY = 19;
/** A third of the processor where others want it, too. */
const STEPS_BACK = 5;

// People are answered first. Linux counts threads as processes, and 0 is the one that calls; elsewhere it would be all of them.
if (process.platform === 'linux') setPriority(0, Math.min(LOWEST_PRIORITY, getPriority(0) + STEPS_BACK));

// One build, then the thread ends and its memory with it. The bytes are moved, not copied.
// The cast holds because only `createWorkerBuilder` starts this file.
const { sources, options } = workerData as BuildRequest;
const bytes = encodeModel(buildMatcher(sources.entries, sources.none, sources.lexicon, options));
parentPort?.postMessage(bytes, [bytes.buffer]);
