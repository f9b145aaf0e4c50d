import { z } from 'zod';
import type { FaqWordsDesk } from '../../runtime/faq-words.ts';
import { officerOf } from '../acting-officer.ts';
import type { App } from '../app.ts';
import { requireBearerToken } from '../bearer-token.ts';

const bodyLimitBytes = 512 * 1024;

const word = z.string().trim().min(1).max(40);
const phrases = z.array(z.string().trim().min(1).max(120)).max(1_000);
const lexicon = {
  words: z
    .record(word, z.array(word).max(200))
    .refine((words) => Object.keys(words).length <= 1_000, 'expected 1,000 common words at most'),
  greetings: phrases,
  politeness: phrases,
};
/** As long as a question may be that is matched. */
const line = z.string().trim().min(1).max(600);

/** The words of the FAQ for admins: the lexicon of dialects and courtesies, and the lines that no entry answers. */
export function faqWordsRoutes({ words, token }: { words: FaqWordsDesk; token: string }) {
  return (root: App): void => {
    void root.register(async (scope) => {
      const app = scope as unknown as App; // The type provider is that of the root.
      app.addHook('onRequest', requireBearerToken(token));

      app.get('/api/faq/lexicon', async () => words.lexicon());
      app.put(
        '/api/faq/lexicon',
        {
          bodyLimit: bodyLimitBytes,
          schema: { body: z.strictObject({ ...lexicon, version: z.number().int().min(1) }) },
        },
        async (request) => {
          const { version, ...changed } = request.body;
          return words.saveLexicon(officerOf(request), version, changed);
        },
      );

      app.get('/api/faq/none', async () => ({ lines: await words.none() }));
      app.post(
        '/api/faq/none',
        { bodyLimit: bodyLimitBytes, schema: { body: z.strictObject({ texts: z.array(line).min(1).max(200) }) } },
        async (request, reply) =>
          reply.code(201).send({ lines: await words.addNone(officerOf(request), request.body.texts) }),
      );
      app.delete(
        '/api/faq/none/:id',
        { schema: { params: z.object({ id: z.string().min(1).max(80) }) } },
        async (request, reply) => {
          await words.removeNone(officerOf(request), request.params.id);
          return reply.code(204).send();
        },
      );
    });
  };
}
