import type { Organisation } from '../../domain/organisation.ts';
import { organisationSchema } from '../../domain/organisation-schema.ts';
import type { App } from '../app.ts';
import { requireBearerToken } from '../bearer-token.ts';

/** `GET` and `PUT /api/organisation`: the facts and hours that texts and the office use; `missing` are facts that texts ask for. */
export function organisationRoutes(dependencies: {
  token: string;
  read: () => Organisation;
  save: (organisation: Organisation) => Promise<void>;
  missingFacts: () => readonly string[];
}) {
  return (root: App): void => {
    void root.register(async (scope) => {
      const app = scope as unknown as App; // The type provider is that of the root.
      app.addHook('onRequest', requireBearerToken(dependencies.token));
      app.get('/api/organisation', async () => ({
        organisation: dependencies.read(),
        missing: dependencies.missingFacts(),
      }));
      app.put('/api/organisation', { schema: { body: organisationSchema } }, async (request) => {
        await dependencies.save(request.body);
        return { organisation: dependencies.read(), missing: dependencies.missingFacts() };
      });
    });
  };
}
