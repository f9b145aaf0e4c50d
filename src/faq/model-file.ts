import type { FaqModel } from './model.ts';
import { MODEL_FORMAT } from './model.ts';

/**
 * A model as bytes, to keep or to hand to another thread: the length of a JSON header, the header, then every typed array in
 * the order the header names them, each at a multiple of eight bytes. Little-endian machines only, as all that Node runs on.
 */
export function encodeModel(model: FaqModel): Uint8Array<ArrayBuffer> {
  const arrays: TypedArray[] = [];
  const header = JSON.stringify(model, (_key, value: unknown) => {
    if (!isTypedArray(value)) return value;
    arrays.push(value);
    return { $array: arrays.length - 1, kind: kindOf(value), length: value.length };
  });
  const head = new TextEncoder().encode(header);
  const sizes = arrays.map(({ byteLength }) => align(byteLength));
  const dataAt = align(8 + head.length);
  const bytes = new Uint8Array(dataAt + sizes.reduce((sum, size) => sum + size, 0));
  new DataView(bytes.buffer).setUint32(0, head.length, true);
  bytes.set(head, 8);
  let at = dataAt;
  arrays.forEach((array, index) => {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += sizes[index]!;
  });
  return bytes;
}

/**
 * The model in the bytes, or null where they hold none that this code reads: another format, cut off, or damaged in its
 * header. The arrays are views of the bytes, so the bytes must not change afterwards.
 */
export function decodeModel(input: Uint8Array): FaqModel | null {
  const bytes = input.byteOffset % 8 === 0 ? input : input.slice();
  if (bytes.length < 8) return null;
  const headLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  let at = align(8 + headLength);
  if (at > bytes.length) return null;
  try {
    const model = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headLength)), (_key, value: unknown) => {
      if (!isPlace(value)) return value;
      const make = KINDS[value.kind];
      const array = new make(bytes.buffer as ArrayBuffer, bytes.byteOffset + at, value.length);
      at += align(array.byteLength);
      return array;
    }) as unknown;
    return isModel(model) && at <= bytes.length ? model : null;
  } catch (error) {
    // Damaged JSON, or an array said to be longer than the bytes.
    if (error instanceof SyntaxError || error instanceof RangeError) return null;
    throw error;
  }
}

const KINDS = { Float32Array, Float64Array, Int32Array, Uint8Array } as const;
type Kind = keyof typeof KINDS;
type TypedArray = InstanceType<(typeof KINDS)[Kind]>;

function isTypedArray(value: unknown): value is TypedArray {
  return Object.values(KINDS).some((kind) => value instanceof kind);
}

function kindOf(array: TypedArray): Kind {
  if (array instanceof Float32Array) return 'Float32Array';
  if (array instanceof Float64Array) return 'Float64Array';
  return array instanceof Int32Array ? 'Int32Array' : 'Uint8Array';
}

function isPlace(value: unknown): value is { kind: Kind; length: number } {
  return (
    typeof value === 'object' && value !== null && '$array' in value && 'kind' in value && String(value.kind) in KINDS
  );
}

function isModel(value: unknown): value is FaqModel {
  return typeof value === 'object' && value !== null && 'format' in value && value.format === MODEL_FORMAT;
}

function align(size: number): number {
  return Math.ceil(size / 8) * 8;
}
