import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Platform } from './platform.ts';

/** A source of numbers from 0 to 1 that is the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface People {
  /** What each person wrote, in order. */
  readonly written: ReadonlyMap<number, readonly string[]>;
  /** Ends when every person has put the phone down. */
  stop(): Promise<void>;
}

/** Lets people write numbered messages at random moments, one of five as three quick ones, until they are stopped. */
export function startPeople(
  platform: Platform,
  { people, meanPauseMs, random }: { people: readonly number[]; meanPauseMs: number; random: () => number },
): People {
  const written = new Map<number, string[]>();
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);

  async function write(person: number, texts: string[]): Promise<void> {
    while (!stopping.signal.aborted) {
      // Independent arrivals: pauses are exponential.
      await pause(-Math.log(1 - random()) * meanPauseMs, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      const quick = random() < 0.2 ? 3 : 1;
      for (let index = 0; index < quick; index += 1) {
        const text = `message ${texts.length}`;
        texts.push(text);
        platform.write(person, text);
      }
    }
  }

  const all = people.map((person) => {
    const texts: string[] = [];
    written.set(person, texts);
    return write(person, texts);
  });
  return {
    written,
    async stop() {
      stopping.abort();
      await Promise.all(all);
    },
  };
}
