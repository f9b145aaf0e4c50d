import type { SparseVector } from './sparse.ts';

/** One text made ready to be compared with many phrasings. */
export interface Query {
  readonly vector: SparseVector;
  /** For each feature its place in the text plus one, or 0: as long as there are features, those of an overlay too. */
  readonly places: Uint16Array;
  /** By place: what the vocabulary does not know makes the text less like anything known. */
  readonly weights: Float32Array;
}

/**
 * `known` is the share of the text's weight that is known. `places` is all zero before, and again after {@link release}: it is kept, since
 * hundreds of thousands of numbers for each text are costly.
 */
export function toQuery(places: Uint16Array, vector: SparseVector, known: number): Query {
  const share = Math.sqrt(known);
  vector.ids.forEach((id, place) => {
    places[id] = place + 1;
  });
  return { vector, places, weights: vector.values.map((value) => value * share) };
}

export function release({ vector, places }: Query): void {
  for (const id of vector.ids) places[id] = 0;
}
