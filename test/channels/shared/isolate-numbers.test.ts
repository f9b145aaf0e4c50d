import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isolateNumbers } from '../../../src/channels/shared/isolate-numbers.ts';

const isolated = (run: string) => `\u2066${run}\u2069`;

describe('isolateNumbers', () => {
  it.each([
    '+966501234567',
    '+966 50 123 4567',
    '050 123 4567',
    '050-123-4567',
    '(012) 345 6789',
    '٠٥٠ ١٢٣ ٤٥٦٧',
    '2024-05-01',
  ])('wraps %s in Arabic text', (run) => {
    expect(isolateNumbers(`رقمنا ${run}، أهلًا بكم`)).toBe(`رقمنا ${isolated(run)}، أهلًا بكم`);
  });

  it.each([
    '12',
    '2024',
    '0501234567',
    '2020-2024',
    '1,234.56',
    '8:00 - 16:00',
    'https://a.b/050-123-4567',
    'WSL-2024-000-12',
  ])('leaves %s alone', (run) => {
    expect(isolateNumbers(`نص ${run} نص`)).toBe(`نص ${run} نص`);
  });

  it('leaves text without Arabic alone', () => {
    expect(isolateNumbers('call +966 50 123 4567')).toBe('call +966 50 123 4567');
  });

  it('changes nothing when done again', () => {
    const parts = fc.constantFrom('+', '050', ' ', '-', '123', '4567', 'م', '(', ')', '\u2066', '\u2069', 'a');
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 30 }), (pieces) => {
        const once = isolateNumbers(pieces.join(''));
        expect(isolateNumbers(once)).toBe(once);
      }),
      { numRuns: 2000 },
    );
  });
});
