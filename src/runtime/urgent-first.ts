import { urgencyRank, type Urgency } from '../domain/urgency.ts';

interface Ranked {
  readonly urgency: Urgency;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** A queue out of which the most urgent comes first, and among equals the one that has waited longest (a binary heap). */
export function createUrgentFirst<Item extends Ranked>() {
  const heap: Item[] = [];

  const isBefore = (one: Item, other: Item): boolean =>
    one.urgency === other.urgency ? one.since < other.since : urgencyRank[one.urgency] < urgencyRank[other.urgency];

  /** Moves what stands at `index` to its place among those above it. */
  function rise(item: Item, index: number): void {
    let at = index;
    for (;;) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (at === 0 || !parent || !isBefore(item, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = item;
  }

  /** Puts `item` where the first one stood, and lets it sink. */
  function sink(item: Item): void {
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      const isRight = left !== undefined && right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (!child || !isBefore(child, item)) break;
      heap[at] = child;
      at = 2 * at + (isRight ? 2 : 1);
    }
    heap[at] = item;
  }

  return {
    push: (item: Item): void => rise(item, heap.length),
    peek: (): Item | null => heap[0] ?? null,
    pop(): Item | null {
      const [first] = heap;
      const last = heap.pop();
      if (!first || !last) return null;
      if (heap.length > 0) sink(last);
      return first;
    },
  };
}
