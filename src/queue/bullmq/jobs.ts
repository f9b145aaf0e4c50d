import { createHash, randomUUID } from 'node:crypto';
import type { JobsOptions } from 'bullmq';
import { growingPause } from '../shared/growing-pause.ts';

/** What a job carries: ids and counts only. */
export interface BellData {
  readonly key: string;
  readonly fresh?: boolean;
  /** Failures in a row that led to this call. */
  readonly failures?: number;
}

/** `bell` calls the handler; `later` waits for its time and then rings, so that it neither runs beside nor swallows a bell. */
export type JobName = 'bell' | 'later';

/** One waits and one runs for each key; a ring during the run becomes the waiting one when the run ends. */
export function bellOptions(key: string): JobsOptions {
  return optionsOf(hash(key));
}

/** One waits for each key and slot. */
export function delayedOptions(key: string, dueAt: number, delayMs: number): JobsOptions {
  return { ...optionsOf(`later-${dueAt}-${hash(key)}`), delay: delayMs };
}

/** One waits for each key, however many calls fail meanwhile. */
export function retryOptions(key: string, failures: number): JobsOptions {
  return { ...optionsOf(`retry-${hash(key)}`), delay: growingPause(failures) };
}

function optionsOf(deduplicationId: string): JobsOptions {
  return {
    // Not BullMQ's own counter, which starts again after a FLUSHALL while jobs of the old count still run.
    jobId: randomUUID(),
    deduplication: { id: deduplicationId, keepLastIfActive: true },
    removeOnComplete: true,
    removeOnFail: true,
    // Used only when the job that stands for the next try could not be added.
    attempts: 100,
    backoff: { type: 'custom' },
    stackTraceLimit: 0,
  };
}

/** Keys may hold colons, which separate the parts of a Redis key, and may be long. */
function hash(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 27);
}
