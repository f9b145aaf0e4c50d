import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import type { AccountKind } from '../../ports/accounts.ts';
import { readSettings } from '../shared/read-settings.ts';
import { createWhatsappWebAdapter, type WhatsappWebAdapter, type WhatsappWebOptions } from './adapter.ts';
import { whatsappWebCapabilities } from './capabilities.ts';
import { profileDirOf } from './session.ts';

const pace = 'expected a whole number from 1 to 600';
const settingsSchema = z.strictObject({
  /** As {@link WhatsappWebOptions.messagesPerMinute}. */
  messagesPerMinute: z.number(pace).int(pace).min(1, pace).max(600, pace).default(20),
});

/** Phones linked through WhatsApp Web: each has a process, a profile and a pace of its own. */
export function whatsappWebAccounts(
  options: Omit<WhatsappWebOptions, 'account' | 'messagesPerMinute'> & {
    /** The sessions run on this machine, so the browser must be here. */
    readonly isBrowserHere: boolean;
  },
): AccountKind {
  const { dataDir, chromiumPath, isBrowserHere } = options;
  /** Also earlier ones of an account that was changed or paused: their sessions may still be ending. */
  const opened = new Map<string, WhatsappWebAdapter[]>();
  return {
    channel: 'whatsapp-web',
    capabilities: whatsappWebCapabilities,
    read(given, before) {
      const settings = readSettings(settingsSchema, given, before);
      return {
        settings,
        identity: null,
        shown: settings,
        async check() {
          if (isBrowserHere && !existsSync(chromiumPath))
            throw new AppError('browser-missing', `WhatsApp Web needs a Chromium; there is no ${chromiumPath}.`);
          return 'good';
        },
        open(account) {
          const adapter = createWhatsappWebAdapter({ ...options, account, ...settings });
          opened.set(account, [...(opened.get(account) ?? []), adapter]);
          return adapter;
        },
      };
    },
    /** Who has the profile, has the account. */
    async forget(account) {
      await Promise.all((opened.get(account) ?? []).map((adapter) => adapter.stop()));
      opened.delete(account);
      await rm(profileDirOf(dataDir, account), { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
