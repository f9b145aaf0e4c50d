import { z } from 'zod';
import type { WebhookRequest } from '../../ports/channel.ts';
import type { App } from '../app.ts';

/** Verifies and stores; answers the status (and, asked by GET, the text) the platform is told. */
export type WebhookHandler = (request: WebhookRequest) => Promise<{ readonly status: number; readonly body?: string }>;

/** WhatsApp's batches are the largest there are. */
const bodyLimitBytes = 3 * 1024 * 1024;

/** `GET` and `POST /webhooks/:channel/:account` for every account that receives by webhook (by `channel/account`); anything else is a 404. */
export function webhookRoutes(handlers: Pick<ReadonlyMap<string, WebhookHandler>, 'get'>) {
  return (root: App): void => {
    void root.register(async (scope) => {
      const app = scope as unknown as App; // The type provider is that of the root.
      app.removeAllContentTypeParsers();
      app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
      app.route({
        method: ['GET', 'POST'],
        url: '/webhooks/:channel/:account',
        bodyLimit: bodyLimitBytes,
        // A platform sends as much as its people write; what is forged is refused before any work.
        config: { rateLimit: false },
        schema: {
          params: z.object({ channel: z.string().max(40), account: z.string().max(80) }),
          querystring: z.record(z.string(), z.unknown()),
        },
        async handler(request, reply) {
          const handler = handlers.get(`${request.params.channel}/${request.params.account}`);
          if (!handler) return reply.code(404).send({ code: 'not-found', message: 'There is no such account.' });
          const { method, query, headers } = request;
          const posted = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
          const { status, body } = await handler({ method, query, headers, body: posted });
          return reply.code(status).type('text/plain; charset=utf-8').send(body);
        },
      });
    });
  };
}
