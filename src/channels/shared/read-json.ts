import { AppError } from '../../domain/errors.ts';

/** Bounds of a body that comes from outside. */
interface JsonLimits {
  readonly maxBytes: number;
  readonly maxDepth: number;
}

/**
 * Parses a body that anybody may have sent, in linear time and without deep recursion afterwards.
 * @throws AppError `too-large`, or `payload-invalid` when it is no UTF-8 JSON or nested too deep.
 */
export function readJson(body: Uint8Array, limits: JsonLimits): unknown {
  if (body.byteLength > limits.maxBytes) {
    throw new AppError('too-large', `a body of ${body.byteLength} bytes: at most ${limits.maxBytes} are read`);
  }
  if (isDeeper(body, limits.maxDepth)) {
    throw new AppError('payload-invalid', `a body nested deeper than ${limits.maxDepth} levels`);
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    // The parser's own message quotes the body, which may hold what a person wrote.
    throw new AppError('payload-invalid', 'a body that is not JSON in UTF-8');
  }
}

const [quote, backslash, openBracket, openBrace, closeBracket, closeBrace] = [0x22, 0x5c, 0x5b, 0x7b, 0x5d, 0x7d];

/** Works on bytes, since none of these characters is part of a longer one in UTF-8. */
function isDeeper(body: Uint8Array, maxDepth: number): boolean {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < body.length; index += 1) {
    const byte = body[index];
    if (isInString) {
      if (byte === backslash) index += 1;
      else if (byte === quote) isInString = false;
    } else if (byte === quote) isInString = true;
    else if (byte === openBracket || byte === openBrace) {
      depth += 1;
      if (depth > maxDepth) return true;
    } else if (byte === closeBracket || byte === closeBrace) depth -= 1;
  }
  return false;
}
