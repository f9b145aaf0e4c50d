import type { SparseVector } from './sparse.ts';

/**
 * One text by its features, to be compared with many phrasings: as long as there are features, those of an overlay too, and all zero but
 * while a text is ranked. Kept, since hundreds of thousands of numbers for each text are costly.
 */
export interface Scratch {
  /** Weights; what the vocabulary does not know makes the text less like anything known. */
  readonly dense: Float32Array;
  /** For each feature its place in the text plus one, or 0: how `likelihoodOf` finds what a phrasing shares with the text. */
  readonly places: Uint16Array;
}

export function createScratch(featureCount: number): Scratch {
  return { dense: new Float32Array(featureCount), places: new Uint16Array(featureCount) };
}

/** `known` is the share of the text's weight that is known. To be followed by {@link clear}. */
export function fill({ dense, places }: Scratch, { ids, values }: SparseVector, known: number): void {
  const share = Math.sqrt(known);
  for (let place = 0; place < ids.length; place++) {
    dense[ids[place]!] = values[place]! * share;
    places[ids[place]!] = place + 1;
  }
}

export function clear({ dense, places }: Scratch, { ids }: SparseVector): void {
  for (const id of ids) {
    dense[id] = 0;
    places[id] = 0;
  }
}
