import { z } from 'zod';
import type { ChannelDesk } from '../../runtime/channel-desk.ts';
import { officerOf } from '../acting-officer.ts';
import type { App } from '../app.ts';
import { requireBearerToken } from '../bearer-token.ts';

const accountParams = z.object({ channel: z.string().max(40), account: z.string().max(80) });
/** Part of addresses, folders and settings' names. */
const accountName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'expected up to 40 of a-z, 0-9 and -');
const title = z.string().trim().max(80);
const settings = z.record(z.string().max(40), z.unknown());
const addBody = z.strictObject({
  channel: z.string().max(40),
  account: accountName,
  title: title.optional(),
  settings: settings.default({}),
});
const changeBody = z.strictObject({
  title: title.optional(),
  isPaused: z.boolean().optional(),
  settings: settings.optional(),
});
/** In digits with its country code, as phones show it. */
const pairingBody = z.object({
  phone: z
    .string()
    .regex(/^\+?[\d ()-]{6,30}$/)
    .optional(),
});

/**
 * `/api/channels`: every account, with the QR code to scan while a phone is being linked; adds, changes, pauses and removes those that
 * are not set in the environment. `POST .../pairing` asks for a code now (202: it appears in the status).
 */
export function channelRoutes({ desk, token }: { desk: ChannelDesk; token: string }) {
  return (root: App): void => {
    void root.register(async (scope) => {
      const app = scope as unknown as App; // The type provider is that of the root.
      app.addHook('onRequest', requireBearerToken(token));
      // A QR code links whoever scans it.
      app.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store'));

      app.get('/api/channels', async () => ({ channels: await desk.list() }));

      app.post('/api/channels', { schema: { body: addBody } }, async (request, reply) => {
        const { title: given, ...account } = request.body;
        const added = { ...account, ...(given === undefined ? {} : { title: given }) };
        return reply.code(201).send(await desk.add(officerOf(request), added));
      });

      app.patch(
        '/api/channels/:channel/:account',
        { schema: { params: accountParams, body: changeBody } },
        async (request) => {
          const { title: newTitle, isPaused, settings: newSettings } = request.body;
          return await desk.change(officerOf(request), request.params, {
            ...(newTitle === undefined ? {} : { title: newTitle }),
            ...(isPaused === undefined ? {} : { isPaused }),
            ...(newSettings === undefined ? {} : { settings: newSettings }),
          });
        },
      );

      app.delete('/api/channels/:channel/:account', { schema: { params: accountParams } }, async (request, reply) => {
        await desk.remove(officerOf(request), request.params);
        return reply.code(204).send();
      });

      app.post(
        '/api/channels/:channel/:account/pairing',
        { schema: { params: accountParams, body: pairingBody } },
        async (request, reply) => {
          await desk.pair(officerOf(request), request.params, request.body.phone?.replace(/\D/g, '') ?? null);
          return reply.code(202).send({});
        },
      );
    });
  };
}
