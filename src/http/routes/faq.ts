import { z } from 'zod';
import type { FaqDesk } from '../../runtime/faq-desk.ts';
import type { FaqReview } from '../../runtime/faq-review.ts';
import { officerOf } from '../acting-officer.ts';
import type { App } from '../app.ts';
import { requireBearerToken } from '../bearer-token.ts';

/** As long as a question may be that is matched. */
const longestQuestion = 600;
const bodyLimitBytes = 512 * 1024;

const entryId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/, 'expected small letters, digits and hyphens, at most 60');
const language = z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$/, 'expected a language code such as "ar"');
const question = z.string().trim().min(1).max(longestQuestion);
const content = z.strictObject({
  topic: z.string().trim().min(1).max(60),
  question: z
    .record(language, question)
    .refine((texts) => Object.keys(texts).length > 0, 'expected one language at least'),
  answer: z
    .record(language, z.string().trim().min(1).max(4_000))
    .refine((texts) => Object.keys(texts).length > 0, 'expected one language at least'),
  phrasings: z.record(language, z.array(question).max(500)).default({}),
});
const entryParams = z.object({ id: entryId });
const version = z.coerce.number().int().min(1);
const pageSize = z.coerce.number().int().min(1).max(500).default(100);
const questionIds = z.array(z.string().min(1).max(80)).min(1).max(200);

/**
 * The FAQ for officers and admins: entries, what people asked, and what the matcher makes of a text. What people typed stands in
 * bodies only, never in an address.
 */
export function faqRoutes({ desk, review, token }: { desk: FaqDesk; review: FaqReview; token: string }) {
  return (root: App): void => {
    void root.register(async (scope) => {
      const app = scope as unknown as App; // The type provider is that of the root.
      app.addHook('onRequest', requireBearerToken(token));

      app.get('/api/faq/entries', async () => ({
        entries: (await desk.list()).map(({ answer: _answer, phrasings, ...entry }) => ({
          ...entry,
          phrasingCount: Object.values(phrasings).flat().length,
        })),
      }));
      app.get('/api/faq/entries/:id', { schema: { params: entryParams } }, async (request) => ({
        entry: await desk.get(request.params.id),
      }));
      app.post(
        '/api/faq/entries',
        { bodyLimit: bodyLimitBytes, schema: { body: content.extend({ id: entryId }) } },
        async (request, reply) => reply.code(201).send({ entry: await desk.create(officerOf(request), request.body) }),
      );
      app.put(
        '/api/faq/entries/:id',
        { bodyLimit: bodyLimitBytes, schema: { params: entryParams, body: content.extend({ version }) } },
        async (request) => {
          const { version: read, ...changed } = request.body;
          return { entry: await desk.update(officerOf(request), request.params.id, read, changed) };
        },
      );
      app.delete(
        '/api/faq/entries/:id',
        { schema: { params: entryParams, querystring: z.object({ version }) } },
        async (request, reply) => {
          await desk.remove(officerOf(request), request.params.id, request.query.version);
          return reply.code(204).send();
        },
      );

      app.get('/api/faq/candidates', { schema: { querystring: z.object({ limit: pageSize }) } }, async (request) => ({
        candidates: await review.candidates(officerOf(request), request.query.limit),
      }));
      app.get('/api/faq/unanswered', { schema: { querystring: z.object({ limit: pageSize }) } }, async (request) => ({
        groups: await review.unanswered(officerOf(request), request.query.limit),
      }));
      app.post(
        '/api/faq/questions/approve',
        {
          schema: {
            body: z.strictObject({ questionIds, entryId, language: language.optional(), text: question.optional() }),
          },
        },
        async (request) => {
          const { questionIds: ids, entryId: taught, language: tongue, text } = request.body;
          const to = {
            entryId: taught,
            ...(tongue === undefined ? {} : { language: tongue }),
            ...(text === undefined ? {} : { text }),
          };
          return { entry: await review.approve(officerOf(request), ids, to) };
        },
      );
      app.post(
        '/api/faq/questions/none',
        { schema: { body: z.strictObject({ questionIds }) } },
        async (request, reply) => {
          await review.addToNone(officerOf(request), request.body.questionIds);
          return reply.code(204).send();
        },
      );
      app.post(
        '/api/faq/questions/dismiss',
        { schema: { body: z.strictObject({ questionIds }) } },
        async (request, reply) => {
          await review.dismiss(officerOf(request), request.body.questionIds);
          return reply.code(204).send();
        },
      );

      app.post(
        '/api/faq/explain',
        { schema: { body: z.strictObject({ text: z.string().max(longestQuestion) }) } },
        async (request) => desk.explain(request.body.text),
      );
      app.get('/api/faq/quality', async () => desk.quality() ?? { measuredAt: null, entries: [] });
      app.get('/api/faq/state', async () => desk.state());
    });
  };
}
