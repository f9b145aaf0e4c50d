import { z } from 'zod';
import { toId } from '../../domain/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Repositories } from '../../ports/repositories.ts';
import type { TemplateDesk } from '../../runtime/template-desk.ts';
import { officerOf } from '../acting-officer.ts';
import { answerAct } from '../answer-act.ts';
import type { App } from '../app.ts';
import { requireBearerToken } from '../bearer-token.ts';

const accountParams = z.object({ channel: z.string().max(40), account: z.string().max(80) });
const conversationParams = z.object({ id: z.string().regex(/^[\w-]{1,200}$/, 'expected letters, digits, _ and -') });
const sendBody = z.object({
  requestId: z.string().min(8).max(80),
  name: z.string().min(1).max(512),
  language: z.string().min(1).max(20),
  /** The platform takes no empty text and no line breaks in a place. */
  parameters: z.array(z.string().trim().min(1).max(1_024)).max(50).default([]),
});

/** `GET /api/channels/:channel/:account/templates`: what may be sent at any time. `POST /api/conversations/:id/template` sends one, as a reply. */
export function templateRoutes({
  desk,
  repositories,
  clock,
  token,
}: {
  desk: TemplateDesk;
  repositories: Pick<Repositories, 'audit'>;
  clock: Clock;
  token: string;
}) {
  return (root: App): void => {
    void root.register(async (scope) => {
      const app = scope as unknown as App; // The type provider is that of the root.
      app.addHook('onRequest', requireBearerToken(token));

      app.get('/api/channels/:channel/:account/templates', { schema: { params: accountParams } }, async (request) => ({
        templates: await desk.list(request.params),
      }));

      app.post(
        '/api/conversations/:id/template',
        { schema: { params: conversationParams, body: sendBody } },
        async (request, reply) => {
          const conversationId = toId<'conversation'>(request.params.id);
          const officerId = officerOf(request);
          const outcome = await desk.send(officerId, conversationId, request.body);
          if (outcome && outcome.is !== 'refused')
            await repositories.audit.record({ at: clock.now(), officerId, action: 'template-sent', conversationId });
          return answerAct(reply, outcome);
        },
      );
    });
  };
}
