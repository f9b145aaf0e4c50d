import { renderUnicodeCompact } from 'uqr';
import type { Translate } from './i18n/translate.ts';
import type { AccountName } from './ports/accounts.ts';
import type { ChannelStatus } from './ports/channel.ts';

type Pairing = ChannelStatus & { readonly is: 'pairing' };

/** A code is drawn for one account at most this often, so that accounts that are paired at once leave room for each other. */
const leastPauseMs = 10_000;

/** What a person at the terminal needs to link a phone: the QR code (or the code to type), until when, and a warning, in Arabic and English. */
function renderPairing({ account }: AccountName, status: Pairing, translate: Translate): string {
  const time = new Date(status.expiresAt).toLocaleTimeString('en-GB');
  const texts = (name: string, parameters: Record<string, string> = {}) => [
    translate('ar', `pairing:${name}`, parameters),
    translate('en', `pairing:${name}`, parameters),
  ];
  return [
    ...texts('warning'),
    '',
    ...texts('scan', { account }),
    // Dark on light (the light parts are drawn) whatever the terminal's colours are: not every phone reads the inverse.
    ...renderUnicodeCompact(status.qr, { border: 2 })
      .split('\n')
      .map((line) => `\u001b[97;40m${line}\u001b[0m`),
    ...(status.code === undefined ? [] : texts('type', { code: status.code })),
    ...texts('until', { time }),
    '',
  ].join('\n');
}

/**
 * Draws codes on a terminal as they come; nothing where the output is none (a code in a log file would link whoever reads it in time).
 * The same code is drawn once.
 */
export function createPairingScreen({
  terminal,
  translate,
  now,
}: {
  terminal: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>;
  translate: Translate;
  now: () => number;
}): (account: AccountName, status: ChannelStatus) => void {
  const drawn = new Map<string, { readonly qr: string; readonly code: string | undefined; readonly at: number }>();
  return (account, status) => {
    if (!terminal.isTTY || status.is !== 'pairing') return;
    const name = `${account.channel}/${account.account}`;
    const last = drawn.get(name);
    const { qr, code } = status;
    const isNewCode = code !== undefined && code !== last?.code;
    if (last && !isNewCode && (last.qr === qr || now() - last.at < leastPauseMs)) return;
    drawn.set(name, { qr, code, at: now() });
    terminal.write(`\n${renderPairing(account, status, translate)}\n`);
  };
}
