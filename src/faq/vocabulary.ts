import type { Features } from './features.ts';
import { extractFeatures } from './features.ts';
import type { SparseMatrix, SparseVector } from './sparse.ts';
import type { Steps } from './steps.ts';

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

/** A unit vector, and the share of the text's weight that the vocabulary knows (0 to 1). */
export interface WeighedText {
  readonly vector: SparseVector;
  readonly known: number;
}

/** The vocabulary of some documents (words of each), and the documents weighed by it, one row each. */
export function* buildVocabulary(
  documents: readonly (readonly string[])[],
): Steps<{ vocabulary: Vocabulary; matrix: SparseMatrix }> {
  const counted: PackedFeatures[] = [];
  const documentCounts = new Map<number, number>();
  for (const words of documents) {
    const features = pack(extractFeatures(words));
    for (const name of features.names) documentCounts.set(name, (documentCounts.get(name) ?? 0) + 1);
    counted.push(features);
    yield;
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
    if (id % FEATURES_A_STEP === 0) yield;
  }
  const vocabulary = { slots, ids, rarity, unseenRarity: inverseFrequency(documents.length, 0) };
  return { vocabulary, matrix: yield* weighAll(counted, vocabulary) };
}

const FEATURES_A_STEP = 1000;

/** `newFeatures` numbers features beyond the vocabulary's; they count as never seen before, and so as telling. */
export function weigh(
  words: readonly string[],
  vocabulary: Vocabulary,
  newFeatures: ReadonlyMap<number, number> = NO_FEATURES,
): WeighedText {
  const { names, counts } = pack(extractFeatures(words));
  const ids = new Int32Array(names.length);
  const values = new Float32Array(names.length);
  let size = 0;
  let knownMass = 0;
  let unknownMass = 0;
  names.forEach((name, place) => {
    const known = lookUp(vocabulary, name);
    const id = known < 0 ? (newFeatures.get(name) ?? -1) : known;
    const weight = (1 + Math.log(counts[place]!)) * (known < 0 ? vocabulary.unseenRarity : vocabulary.rarity[known]!);
    if (id < 0) {
      unknownMass += weight * weight;
      return;
    }
    knownMass += weight * weight;
    ids[size] = id;
    values[size] = weight;
    size += 1;
  });
  const scale = 1 / Math.sqrt(knownMass || 1);
  for (let place = 0; place < size; place++) values[place]! *= scale;
  const mass = knownMass + unknownMass;
  return {
    vector: { ids: ids.subarray(0, size), values: values.subarray(0, size) },
    known: mass === 0 ? 0 : knownMass / mass,
  };
}

const NO_FEATURES: ReadonlyMap<number, number> = new Map();

export function featureNames(words: readonly string[]): Float64Array {
  return pack(extractFeatures(words)).names;
}

export function isKnown(vocabulary: Vocabulary, name: number): boolean {
  return lookUp(vocabulary, name) >= 0;
}

/** Packed, because the maps of twenty thousand phrasings together would fill most of a build's memory. */
interface PackedFeatures {
  readonly names: Float64Array;
  readonly counts: Uint16Array;
}

function pack({ pieces, stems }: Features): PackedFeatures {
  const names = new Float64Array(pieces.size + stems.size);
  const counts = new Uint16Array(names.length);
  let place = 0;
  for (const block of [pieces, stems]) {
    for (const [name, count] of block) {
      names[place] = name;
      counts[place] = count;
      place += 1;
    }
  }
  return { names, counts };
}

function* weighAll(documents: readonly PackedFeatures[], vocabulary: Vocabulary): Steps<SparseMatrix> {
  const starts = new Int32Array(documents.length + 1);
  documents.forEach(({ names }, row) => {
    starts[row + 1] = starts[row]! + names.length;
  });
  const columns = new Int32Array(starts[documents.length]!);
  const values = new Float32Array(columns.length);
  for (const [row, { names, counts }] of documents.entries()) {
    const begin = starts[row]!;
    let mass = 0;
    names.forEach((name, place) => {
      const id = lookUp(vocabulary, name);
      const weight = (1 + Math.log(counts[place]!)) * vocabulary.rarity[id]!;
      columns[begin + place] = id;
      values[begin + place] = weight;
      mass += weight * weight;
    });
    const scale = 1 / Math.sqrt(mass || 1);
    for (let at = begin; at < starts[row + 1]!; at++) values[at]! *= scale;
    yield;
  }
  return { starts, columns, values };
}

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
