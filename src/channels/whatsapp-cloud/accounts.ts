import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { AppError, SendError } from '../../domain/errors.ts';
import type { AccountKind } from '../../ports/accounts.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { hideSecret, readSettings } from '../shared/read-settings.ts';
import { createWhatsappCloudAdapter, type WhatsappCloudAdapter } from './adapter.ts';
import { whatsappCloudCapabilities } from './encode.ts';
import { createGraphClient, type GraphClient } from './graph-client.ts';
import { objectGone } from './to-send-error.ts';

const setting = (pattern: RegExp, expected: string) =>
  z.string('expected a text').regex(pattern, `expected ${expected}`).max(1_000);

const settingsSchema = z.strictObject({
  phoneNumberId: setting(/^\d{5,30}$/, "the number's id (not the number itself), for example 106540352242922"),
  accessToken: setting(/^[\w.|-]{3,}$/, "a system user's access token, for example EAAG..."),
  appSecret: setting(/^\S{8,}$/, "the Meta app's secret"),
  verifyToken: setting(/^[\w-]{8,}$/, '8 or more of A-Z, a-z, 0-9, _ and -'),
  /** Whose templates the number sends; asked of the platform when it is not given. */
  businessAccountId: setting(/^\d{5,30}$/, 'the id of the WhatsApp Business Account').optional(),
});

/** Numbers of the WhatsApp Business Platform. */
export function whatsappCloudAccounts(options: {
  readonly apiRoot: string;
  /** Files people send that are larger are not fetched. */
  readonly maxMediaBytes?: number;
  readonly clock: Clock;
  readonly log: Log;
}): AccountKind {
  const { apiRoot, maxMediaBytes, clock, log } = options;
  /** One Meta app has one callback URL for all its numbers: whichever account it names takes what is for the others of the app. */
  const opened = new Map<WhatsappCloudAdapter, string>();
  return {
    channel: 'whatsapp-cloud',
    capabilities: whatsappCloudCapabilities,
    read(given, before) {
      const read = readSettings(settingsSchema, given, before);
      const { businessAccountId, ...required } = read;
      const { phoneNumberId, accessToken, appSecret, verifyToken } = required;
      return {
        settings: { ...required, ...(businessAccountId === undefined ? {} : { businessAccountId }) },
        identity: phoneNumberId,
        shown: {
          phoneNumberId,
          ...{ accessToken: hideSecret(accessToken), appSecret: '…', verifyToken: hideSecret(verifyToken) },
          ...(businessAccountId === undefined ? {} : { businessAccountId }),
        },
        check: (signal) => checkNumber(createGraphClient({ apiRoot, phoneNumberId, accessToken }), read, signal),
        open(account) {
          const adapter = createWhatsappCloudAdapter({
            ...{ account, apiRoot, clock, log, ...required },
            ...(maxMediaBytes === undefined ? {} : { maxMediaBytes }),
            ...(businessAccountId === undefined ? {} : { businessAccountId }),
            siblings: () => [...opened].flatMap(([one, secret]) => (secret === appSecret ? [one] : [])),
            onClose: () => void opened.delete(adapter),
          });
          opened.set(adapter, appSecret);
          return adapter;
        },
      };
    },
  };
}

async function checkNumber(
  graph: GraphClient,
  { accessToken, appSecret }: { readonly accessToken: string; readonly appSecret: string },
  signal: AbortSignal,
): Promise<'good' | 'unreachable'> {
  const known = await reasonOf(graph.describeNumber({}, signal));
  if (known === 'token-refused') throw new AppError('token-refused', 'WhatsApp does not take this access token.');
  if (known === objectGone || known === 'refused')
    throw new AppError(
      'number-unknown',
      'WhatsApp does not show this token a number of this id (not the number itself).',
    );
  if (known !== null) return 'unreachable';
  // The API takes a proof only when the secret is that of the token's app (developers.facebook.com/docs/graph-api/guides/secure-requests).
  const appsecret_proof = createHmac('sha256', appSecret).update(accessToken).digest('hex');
  const proven = await reasonOf(graph.describeNumber({ appsecret_proof }, signal));
  if (proven === 'refused')
    throw new AppError('app-secret-refused', 'The app secret is not that of the Meta app this token belongs to.');
  return proven === null ? 'good' : 'unreachable';
}

/** Why a call failed; null when it did not. */
async function reasonOf(call: Promise<unknown>): Promise<string | null> {
  try {
    await call;
    return null;
  } catch (error) {
    if (error instanceof SendError) return error.failure.reason;
    throw error;
  }
}
