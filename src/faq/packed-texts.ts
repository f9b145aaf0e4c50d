/** Many texts in two arrays, which cross threads and files at once; as strings, twenty thousand would stall the receiver. */
export interface PackedTexts {
  readonly bytes: Uint8Array;
  /** Text `n` is `starts[n]` to `starts[n + 1]` of the bytes, in UTF-8. */
  readonly starts: Int32Array;
}

export function packTexts(texts: readonly string[]): PackedTexts {
  const starts = new Int32Array(texts.length + 1);
  const encoded = texts.map((text, index) => {
    const bytes = new TextEncoder().encode(text);
    starts[index + 1] = starts[index]! + bytes.length;
    return bytes;
  });
  const bytes = new Uint8Array(starts[texts.length]!);
  encoded.forEach((part, index) => {
    bytes.set(part, starts[index]);
  });
  return { bytes, starts };
}

/** Text `index`, or an empty one where there is none. */
export function unpackText({ bytes, starts }: PackedTexts, index: number): string {
  if (index < 0 || index + 1 >= starts.length) return '';
  return new TextDecoder().decode(bytes.subarray(starts[index], starts[index + 1]));
}
