import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveIds } from '../../src/store/ids.ts';

const ids = deriveIds(Buffer.alloc(32, 1));
const address = { channel: 'telegram', account: 'main', chat: '966501234567' };

describe('derived ids', () => {
  it('depend on what they stand for and on the key alone', () => {
    expect(ids.conversation(address)).toBe(ids.conversation({ ...address }));
    expect(ids.conversation(address)).toBe(deriveIds(Buffer.alloc(32, 1)).conversation(address));
    expect(ids.conversation(address)).not.toBe(deriveIds(Buffer.alloc(32, 2)).conversation(address));
    expect(ids.event(['a', 1])).toBe(ids.event(['a', 1]));
    expect(ids.event(['a', 1])).not.toBe(ids.event(['a', '1']));
    expect(ids.event(['a', 'b'])).not.toBe(ids.event(['ab']));
    expect(ids.token('reference', ['a'])).not.toBe(ids.token('platform message', ['a']));
  });

  it('are never numbers, fit a URL and tell nothing of the address', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (channel, account, chat) => {
        expect(ids.conversation({ channel, account, chat })).toMatch(/^c[A-Za-z0-9_-]{22}$/);
        expect(ids.event([channel, account, chat])).toMatch(/^e[A-Za-z0-9_-]{22}$/);
      }),
    );
  });

  it('do not take one address for another whatever its parts hold', () => {
    const one = ids.conversation({ channel: 'a', account: 'b\u0000c', chat: 'd' });
    const two = ids.conversation({ channel: 'a', account: 'b', chat: 'c\u0000d' });
    expect(one).not.toBe(two);
  });

  it('make numbers below 2^48, spread evenly', () => {
    const numbers = Array.from({ length: 4_000 }, (_, index) => ids.number(['x', index]));
    expect(new Set(numbers).size).toBe(4_000);
    expect(Math.max(...numbers)).toBeLessThan(2 ** 48);
    const low = numbers.filter((number) => number < 2 ** 47).length;
    expect(low).toBeGreaterThan(1_800);
    expect(low).toBeLessThan(2_200);
  });
});
