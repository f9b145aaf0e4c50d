import type { Features } from './features.ts';
import type { SparseVector } from './sparse.ts';

/**
 * Every feature the phrasings hold, with its rarity. An open-addressing table in typed arrays: `slots` (a power of two
 * of them) holds the feature's name or -1, `ids` its number, `rarity` (by number) its inverse document frequency.
 */
export interface Vocabulary {
  readonly slots: Float64Array;
  readonly ids: Int32Array;
  readonly rarity: Float32Array;
  /** The rarity of a feature never seen. */
  readonly unseenRarity: number;
}

export function buildVocabulary(documents: readonly Features[]): Vocabulary {
  const documentCounts = new Map<number, number>();
  for (const { pieces, stems } of documents) {
    for (const name of pieces.keys()) documentCounts.set(name, (documentCounts.get(name) ?? 0) + 1);
    for (const name of stems.keys()) documentCounts.set(name, (documentCounts.get(name) ?? 0) + 1);
  }
  let size = 16;
  while (size < documentCounts.size * 2) size *= 2;
  const slots = new Float64Array(size).fill(-1);
  const ids = new Int32Array(size);
  const rarity = new Float32Array(documentCounts.size);
  let id = 0;
  for (const [name, documentCount] of documentCounts) {
    const slot = findSlot(slots, name);
    slots[slot] = name;
    ids[slot] = id;
    rarity[id] = inverseFrequency(documents.length, documentCount);
    id += 1;
  }
  return { slots, ids, rarity, unseenRarity: inverseFrequency(documents.length, 0) };
}

/** A unit vector, and the share of the text's weight that the vocabulary knows (0 to 1). */
export interface WeighedText {
  readonly vector: SparseVector;
  readonly known: number;
}

export function weigh({ pieces, stems }: Features, vocabulary: Vocabulary): WeighedText {
  const found: [number, number][] = [];
  let known = 0;
  let unknown = 0;
  for (const [block, share] of [
    [pieces, PIECES_SHARE],
    [stems, STEMS_SHARE],
  ] as const) {
    for (const [name, occurrences] of block) {
      const id = lookUp(vocabulary, name);
      const weight = (1 + Math.log(occurrences)) * share * (id < 0 ? vocabulary.unseenRarity : vocabulary.rarity[id]!);
      if (id < 0) unknown += weight * weight;
      else {
        known += weight * weight;
        found.push([id, weight]);
      }
    }
  }
  found.sort((a, b) => a[0] - b[0]);
  const scale = 1 / Math.sqrt(known || 1);
  return {
    vector: {
      ids: Int32Array.from(found, ([id]) => id),
      values: Float32Array.from(found, ([, weight]) => weight * scale),
    },
    known: known + unknown === 0 ? 0 : known / (known + unknown),
  };
}

const PIECES_SHARE = 1;
const STEMS_SHARE = 1;

function lookUp({ slots, ids }: Vocabulary, name: number): number {
  const slot = findSlot(slots, name);
  return slots[slot] === name ? ids[slot]! : -1;
}

function findSlot(slots: Float64Array, name: number): number {
  const mask = slots.length - 1;
  let slot = (name / 0x200000) & mask;
  while (slots[slot] !== -1 && slots[slot] !== name) slot = (slot + 1) & mask;
  return slot;
}

function inverseFrequency(documentCount: number, containing: number): number {
  return Math.log((1 + documentCount) / (1 + containing)) + 1;
}
