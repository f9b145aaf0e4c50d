import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson } from '../../../src/channels/shared/read-json.ts';
import { AppError } from '../../../src/domain/errors.ts';

const limits = { maxBytes: 1000, maxDepth: 3 };
const read = (text: string) => readJson(Buffer.from(text), limits);

describe('readJson', () => {
  it('reads JSON within its limits, brackets in strings not counted', () => {
    expect(read('{"a":[{"b":"[[[[\\"{{{{"}]}')).toEqual({ a: [{ b: '[[[["{{{{' }] });
  });

  it.each([
    ['[[[[]]]]', 'payload-invalid', 'nested deeper than 3'],
    ['{"text":"my secret"', 'payload-invalid', 'not JSON'],
    [`"${'x'.repeat(1000)}"`, 'too-large', '1002 bytes'],
  ])('refuses %s', (text, code, words) => {
    const error = (() => {
      try {
        return read(text);
      } catch (reason) {
        return reason;
      }
    })();
    if (!(error instanceof AppError)) throw new Error('expected an AppError');
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
    expect(error.message).not.toContain('secret');
  });

  it('gives what JSON.parse gives, or an AppError', () => {
    const wide = { maxBytes: 1_000_000, maxDepth: 1000 };
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(readJson(Buffer.from(text), wide)).toEqual(JSON.parse(text));
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array(), (body) => {
        try {
          readJson(body, wide);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        }
      }),
    );
  });
});
