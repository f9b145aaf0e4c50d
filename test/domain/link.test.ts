import { describe, expect, it } from 'vitest';
import { normaliseLinkCode, withoutLinkCodes } from '../../src/domain/link.ts';

describe('a link code that was typed', () => {
  it.each([
    '48219073',
    '4821 9073',
    ' ٤٨٢١ ٩٠٧٣ ',
    '۴۸۲۱-۹۰۷۳',
    '\u20684821\u00a09073\u2069',
    '4821\n9073',
    '４８２１９０７３',
  ])('is understood as %j', (typed) => {
    expect(normaliseLinkCode(typed)).toBe('48219073');
  });

  it.each(['', '4821907', '482190733', 'W-4821907', '4821 907x', 'my code is 48219073'])('is none in %j', (typed) => {
    expect(normaliseLinkCode(typed)).toBeNull();
  });
});

describe('a text kept for others', () => {
  it.each([
    ['the code is 4821 9073!', 'the code is …!'],
    ['رمزي ٤٨٢١٩٠٧٣ ولا يعمل', 'رمزي … ولا يعمل'],
    ['48219073', ''],
    ['4821 9073\n٤٨٢١ ٩٠٧٣', ''],
    ['call 0501234567 or W-1234566', 'call 0501234567 or W-1234566'],
    ['in 2026', 'in 2026'],
  ])('%j becomes %j', (text, kept) => {
    expect(withoutLinkCodes(text)).toBe(kept);
  });
});
