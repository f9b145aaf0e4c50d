import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseReference, referenceCount, toReference } from '../../src/domain/reference.ts';

const references = fc.integer({ min: 0, max: referenceCount - 1 }).map(toReference);

describe('a case reference', () => {
  it('is W-, six digits and a Luhn check digit', () => {
    expect(toReference(0)).toBe('W-0000000');
    expect(toReference(1)).toBe('W-0000018');
    expect(toReference(799_273)).toBe('W-7992738');
  });

  it('is understood as it is written', () => {
    fc.assert(fc.property(references, (reference) => normaliseReference(reference) === reference));
  });

  it.each([
    ['w-0000018', 'lower case'],
    ['0000018', 'digits alone'],
    ['W0000018', 'no dash'],
    [' w – 0000 018 ', 'spaces and a long dash'],
    ['W-٠٠٠٠٠١٨', 'Arabic digits'],
    ['۰۰۰۰۰۱۸', 'Persian digits'],
    ['\u2066W-0000018\u2069', 'marks of direction'],
    ['Ｗ－０００００１８', 'full-width letters'],
    ['#W-0000018', 'a number sign'],
  ])('understands %j (%s)', (typed) => {
    expect(normaliseReference(typed)).toBe('W-0000018');
  });

  it('is refused when one digit is wrong', () => {
    fc.assert(
      fc.property(
        references,
        fc.integer({ min: 2, max: 8 }),
        fc.integer({ min: 1, max: 9 }),
        (reference, at, shift) => {
          const wrong = String((Number(reference[at]) + shift) % 10);
          expect(normaliseReference(reference.slice(0, at) + wrong + reference.slice(at + 1))).toBeNull();
        },
      ),
    );
  });

  it.each(['', 'W-', 'W-000001', 'W-00000180', 'X-0000018', 'مرحبا', '0501234567', 'W-0000018 شكرا'])(
    'finds none in %j',
    (typed) => expect(normaliseReference(typed)).toBeNull(),
  );
});
