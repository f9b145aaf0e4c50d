import { randomBytes } from 'node:crypto';
import { Api, GrammyError } from 'grammy';
import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import type { AccountKind } from '../../ports/accounts.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { hideSecret, readSettings } from '../shared/read-settings.ts';
import { createTelegramAdapter } from './adapter.ts';
import { toApiSignal } from './api-signal.ts';
import { telegramCapabilities } from './encode.ts';

const settingsSchema = z.strictObject({
  token: z
    .string('expected a text')
    .regex(/^\d{3,}:[\w-]{10,}$/, "expected a token from Telegram's @BotFather, for example 123456:ABC-DEF..."),
  mode: z.enum(['polling', 'webhook'], 'expected polling or webhook').default('polling'),
  /** What Telegram proves itself with; made here when it is not given. */
  webhookSecret: z
    .string('expected a text')
    .regex(/^[\w-]{1,256}$/, 'expected 1 to 256 of A-Z, a-z, 0-9, _ and -')
    .optional(),
});

/** Telegram bots: a token, and how their updates come. */
export function telegramAccounts(options: {
  readonly apiRoot: string;
  /** Where Telegram reaches this installation; null lets bots only poll. */
  readonly publicUrl: string | null;
  readonly clock: Clock;
  readonly log: Log;
}): AccountKind {
  const { apiRoot, publicUrl, clock, log } = options;
  return {
    channel: 'telegram',
    capabilities: telegramCapabilities,
    read(given, before) {
      const read = readSettings(settingsSchema, given, before);
      const { token, mode, webhookSecret = randomBytes(24).toString('hex') } = read;
      return {
        settings: { token, mode, ...(mode === 'webhook' ? { webhookSecret } : {}) },
        identity: token.split(':', 1)[0] ?? null,
        shown: { token: hideSecret(token), mode },
        async check(signal) {
          // Not refused above: a bot whose PUBLIC_URL went must still be seen, send, and be set to poll.
          if (mode === 'webhook' && publicUrl === null)
            throw new AppError('payload-invalid', 'settings.mode: webhook needs PUBLIC_URL; expected polling');
          return checkToken(new Api(token, { apiRoot }), signal);
        },
        open: (account) =>
          createTelegramAdapter({
            ...{ account, token, apiRoot, mode, clock, log },
            ...(mode === 'webhook' && publicUrl !== null
              ? { webhookSecret, webhookUrl: `${publicUrl.replace(/\/+$/, '')}/webhooks/telegram/${account}` }
              : {}),
          }),
      };
    },
  };
}

async function checkToken(api: Api, signal: AbortSignal): Promise<'good' | 'unreachable'> {
  try {
    await api.raw.getMe(toApiSignal(signal));
    return 'good';
  } catch (error) {
    const isRefused = error instanceof GrammyError && (error.error_code === 401 || error.error_code === 404);
    if (isRefused) throw new AppError('token-refused', 'Telegram does not take this token.');
    return 'unreachable';
  }
}
