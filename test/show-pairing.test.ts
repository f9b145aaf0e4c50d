import { describe, expect, it } from 'vitest';
import { encode } from 'uqr';
import { createTranslate } from '../src/i18n/translate.ts';
import { loadLocales } from '../src/i18n/load.ts';
import type { ChannelStatus } from '../src/ports/channel.ts';
import { createPairingScreen } from '../src/show-pairing.ts';

const translate = createTranslate({ resources: await loadLocales('locales') });
const account = { channel: 'whatsapp-web', account: 'second' };
const pairing = (qr: string, more: object = {}): ChannelStatus => ({
  ...{ is: 'pairing', since: 0, qr, expiresAt: Date.UTC(2026, 0, 1, 12), ...more },
});

function openTerminal(isTTY: boolean) {
  let now = 0;
  const written: string[] = [];
  const terminal = { isTTY, write: (text: string) => written.push(text) > 0 };
  const show = createPairingScreen({ terminal: terminal, translate, now: () => now });
  return { show, written, advance: (ms: number) => (now += ms) };
}

describe('a terminal', () => {
  it('shows the very code to scan, until when, and a warning in both languages', () => {
    const { show, written } = openTerminal(true);
    show(account, pairing('2@the-code'));
    const text = written.join('');
    expect(text).toContain('«second»');
    expect(text).toContain('الأجهزة المرتبطة');
    expect(text).toContain('unofficial');
    expect(text).toContain('غير رسمي');
    expect(text).toMatch(/\d\d:00:00/);
    // Two rows of the code to a line: a full block is light above and below.
    const rows = text.split('\n').flatMap((line) => /^\u001b\[97;40m(.*)\u001b\[0m$/.exec(line)?.[1] ?? []);
    const light = rows.flatMap((row) => [
      [...row].map((one) => '█▀'.includes(one)),
      [...row].map((one) => '█▄'.includes(one)),
    ]);
    const { data } = encode('2@the-code', { border: 2 });
    expect(light.slice(0, data.length).map((row) => row.map((one) => !one))).toEqual(data);
  });

  it('shows each code once, and not faster than people can use them', () => {
    const { show, written, advance } = openTerminal(true);
    show(account, pairing('2@one'));
    show(account, pairing('2@one'));
    show(account, pairing('2@two'));
    expect(written).toHaveLength(1);
    advance(20_000);
    show(account, pairing('2@three'));
    show({ ...account, account: 'third' }, pairing('2@four'));
    expect(written).toHaveLength(3);
    show(account, pairing('2@three', { code: 'ABCD1234' }));
    expect(written[3]).toContain('ABCD1234');
    show(account, { is: 'ready', since: 1, phone: '966500000000' });
    expect(written).toHaveLength(4);
  });

  it('shows nothing where the output goes into a file', () => {
    const { show, written } = openTerminal(false);
    show(account, pairing('2@one'));
    expect(written).toEqual([]);
  });
});
