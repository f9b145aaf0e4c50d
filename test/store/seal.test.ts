import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decrypt, encrypt, markOf, openText, sealText, toMark, type DataKey } from '../../src/store/seal.ts';

function newKey(): DataKey {
  return { id: 'k', mark: toMark(randomBytes(8)), secret: createSecretKey(randomBytes(32)) };
}

describe('a sealed text', () => {
  const key = newKey();

  it('opens as what was sealed, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, id) => {
        expect(openText(key, 'messages', id, sealText(key, 'messages', id, text))).toBe(text);
      }),
    );
  });

  it('says which key sealed it without being opened', () => {
    expect(markOf(sealText(key, 'messages', 'a', 'x'))).toBe(key.mark);
    expect(markOf(sealText(newKey(), 'messages', 'a', 'x'))).not.toBe(key.mark);
  });

  it('is different each time and shows nothing of the text', () => {
    const sealed = Array.from({ length: 1_000 }, () => sealText(key, 'messages', 'a', 'الماء'));
    expect(new Set(sealed).size).toBe(1_000);
    expect(Buffer.from(sealed[0] ?? '', 'base64').includes('الماء')).toBe(false);
  });

  it('opens in no other document, in no other collection and with no other key', () => {
    const sealed = sealText(key, 'messages', 'a', 'x');
    expect(() => openText(key, 'messages', 'b', sealed)).toThrow(/messages\/b do not open/);
    expect(() => openText(key, 'events', 'a', sealed)).toThrow(/events\/a do not open/);
    expect(() => openText({ ...key, secret: newKey().secret }, 'messages', 'a', sealed)).toThrow(
      expect.objectContaining({ code: 'seal-broken' }),
    );
  });

  it('does not open when any character after the mark was changed or cut off', () => {
    const sealed = sealText(key, 'messages', 'a', 'abc'); // three bytes: base64 without padding bits
    for (let at = key.mark.length; at < sealed.length; at += 1) {
      const changed = sealed[at] === 'A' ? 'Q' : 'A';
      if (sealed[at] === '=' || sealed[at + 1] === '=') continue; // bits that base64 itself ignores
      const text = sealed.slice(0, at) + changed + sealed.slice(at + 1);
      expect(() => openText(key, 'messages', 'a', text), `character ${at}`).toThrow();
      expect(() => openText(key, 'messages', 'a', sealed.slice(0, at)), `cut at ${at}`).toThrow();
    }
  });
});

describe('sealed bytes', () => {
  it('open with their context only', () => {
    const { secret } = newKey();
    const sealed = encrypt(secret, 'here', Buffer.from('bytes'));
    expect(decrypt(secret, 'here', sealed).toString()).toBe('bytes');
    expect(() => decrypt(secret, 'there', sealed)).toThrow(expect.objectContaining({ code: 'seal-broken' }));
    expect(() => decrypt(secret, 'here', sealed.subarray(0, 20))).toThrow(
      expect.objectContaining({ code: 'seal-broken' }),
    );
  });
});
