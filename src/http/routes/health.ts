import type { App } from '../app.ts';

/** One thing that must work before traffic comes: its name and a check that rejects when it does not. */
export interface Readiness {
  readonly name: string;
  check(): Promise<void>;
}

/** `GET /health/live`: this process answers. `GET /health/ready`: what it depends on answers too (503 names what does not). */
export function healthRoutes(dependencies: readonly Readiness[]) {
  return (app: App): void => {
    const limits = { config: { rateLimit: false as const } };
    app.get('/health/live', limits, async () => ({ status: 'live' }));
    app.get('/health/ready', limits, async (_request, reply) => {
      const states = await Promise.all(
        dependencies.map(async ({ name, check }) => ({
          name,
          isReady: await check().then(
            () => true,
            () => false,
          ),
        })),
      );
      const missing = states.filter((state) => !state.isReady).map((state) => state.name);
      return reply.code(missing.length ? 503 : 200).send({ status: missing.length ? 'not-ready' : 'ready', missing });
    });
  };
}
