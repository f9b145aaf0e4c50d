import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import { toId } from '../../domain/ids.ts';
import { normaliseReference } from '../../domain/reference.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Repositories } from '../../ports/repositories.ts';
import type { Handoff } from '../../runtime/handoff.ts';
import { officerOf } from '../acting-officer.ts';
import { answerAct } from '../answer-act.ts';
import type { App } from '../app.ts';
import { requireBearerToken } from '../bearer-token.ts';

const status = z.enum(['received', 'in-review', 'needs-information', 'approved', 'rejected', 'done']);
const caseParams = z.object({ reference: z.string().min(1).max(40) });

/** Cases for officers: the newest, one by its reference, and its next status, of which the person is told. Reading one is audited. */
export function caseRoutes({
  handoff,
  repositories,
  clock,
  token,
}: {
  handoff: Handoff;
  repositories: Repositories;
  clock: Clock;
  token: string;
}) {
  async function find(given: string) {
    const reference = normaliseReference(given);
    const found = reference === null ? null : await repositories.cases.findByReference(reference);
    if (!found) throw new AppError('not-found', 'There is no such case.');
    return found;
  }

  return (root: App): void => {
    void root.register(async (scope) => {
      const app = scope as unknown as App; // The type provider is that of the root.
      app.addHook('onRequest', requireBearerToken(token));

      app.get(
        '/api/cases',
        {
          schema: {
            querystring: z.object({
              status: status.optional(),
              limit: z.coerce.number().int().min(1).max(100).default(50),
            }),
          },
        },
        async (request) => {
          const { status: wanted, limit } = request.query;
          const cases = await repositories.cases.list({ limit, ...(wanted ? { status: wanted } : {}) });
          return {
            cases: cases.map(({ reference, kind, urgency, status: now, openedAt, updatedAt, conversationId }) => ({
              ...{ reference, kind, urgency, status: now, openedAt, updatedAt, conversationId },
            })),
          };
        },
      );

      app.get('/api/cases/:reference', { schema: { params: caseParams } }, async (request) => {
        const found = await find(request.params.reference);
        const { conversationId } = found;
        const officerId = officerOf(request);
        await repositories.audit.record({ at: clock.now(), officerId, action: 'case-read', conversationId });
        return { case: found };
      });

      app.post(
        '/api/cases/:reference/status',
        { schema: { params: caseParams, body: z.object({ requestId: z.string().min(8).max(80), status }) } },
        async (request, reply) => {
          const { id: caseId, reference, conversationId } = await find(request.params.reference);
          const act = {
            ...({ type: 'case-changed', officerId: officerOf(request) } as const),
            ...{ caseId, reference, status: request.body.status },
          };
          return answerAct(reply, await handoff.act(toId<'conversation'>(conversationId), act, request.body.requestId));
        },
      );
    });
  };
}
