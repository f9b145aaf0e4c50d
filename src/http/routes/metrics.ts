import type { App } from '../app.ts';
import { requireBearerToken } from '../bearer-token.ts';

/** `GET /metrics` in the words of Prometheus, for the holder of a token of its own. */
export function metricsRoutes({ registry, token }: { registry: MetricsText; token: string }) {
  return (root: App): void => {
    root.get('/metrics', { onRequest: requireBearerToken(token) }, async (_request, reply) =>
      reply
        .header('cache-control', 'no-store')
        .type(registry.contentType)
        .send(await registry.metrics()),
    );
  };
}

interface MetricsText {
  readonly contentType: string;
  metrics(): Promise<string>;
}
