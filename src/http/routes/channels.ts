import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import type { ChannelAdapter, ChannelStatus } from '../../ports/channel.ts';
import type { App } from '../app.ts';
import { requireBearerToken } from '../bearer-token.ts';

const accountParams = z.object({ channel: z.string().max(40), account: z.string().max(80) });
/** In digits with its country code, as phones show it. */
const pairingBody = z.object({
  phone: z
    .string()
    .regex(/^\+?[\d ()-]{6,30}$/)
    .optional(),
});

/** A session that a person links by a phone. */
interface LinkedAccount {
  readonly channel: string;
  readonly account: string;
  readonly status: () => Promise<ChannelStatus | null>;
  /** Asks whoever holds the session to show a code now; a `phone` (digits alone) asks for one that can be typed. */
  readonly pair: (phone: string | null) => Promise<void>;
}

/**
 * `GET /api/channels`: every account and, where a phone is linked, how its session is, with the QR code to scan while it is being
 * linked. `POST /api/channels/:channel/:account/pairing` asks for a code now (202: it appears in the status).
 */
export function channelRoutes({
  accounts,
  linked,
  token,
}: {
  accounts: readonly Pick<ChannelAdapter, 'channel' | 'account'>[];
  linked: readonly LinkedAccount[];
  token: string;
}) {
  return (root: App): void => {
    void root.register(async (scope) => {
      const app = scope as unknown as App; // The type provider is that of the root.
      app.addHook('onRequest', requireBearerToken(token));
      const find = (channel: string, account: string) =>
        linked.find((one) => one.channel === channel && one.account === account);

      app.get('/api/channels', async (_request, reply) => {
        // A QR code links whoever scans it.
        void reply.header('cache-control', 'no-store');
        const channels = await Promise.all(
          accounts.map(async ({ channel, account }) => {
            const session = find(channel, account);
            if (!session) return { channel, account };
            const status = (await session.status()) ?? { is: 'unpaired' };
            return { channel, account, status, isUnofficial: true };
          }),
        );
        return { channels };
      });

      app.post(
        '/api/channels/:channel/:account/pairing',
        { schema: { params: accountParams, body: pairingBody } },
        async (request, reply) => {
          const session = find(request.params.channel, request.params.account);
          if (!session) throw new AppError('not-found', 'This channel has no phone to link.');
          await session.pair(request.body.phone?.replace(/\D/g, '') ?? null);
          return reply.code(202).send({});
        },
      );
    });
  };
}
