import type { Clock } from '../ports/clock.ts';

/**
 * Makes the `order` of mailbox entries: received time (milliseconds), then a counter of this process, then the process's name.
 * It never goes back within a process, even when the machine's clock does.
 */
export function createArrivalOrder({ clock, processName }: { clock: Clock; processName: string }) {
  let lastMs = 0;
  let counter = 0;
  return function nextOrder(): { order: string; receivedAt: number } {
    const now = clock.now();
    if (now > lastMs) {
      lastMs = now;
      counter = 0;
    }
    counter += 1;
    const order = `${String(lastMs).padStart(14, '0')}-${String(counter).padStart(8, '0')}-${processName}`;
    return { order, receivedAt: lastMs };
  };
}

export type ArrivalOrder = ReturnType<typeof createArrivalOrder>;
