import { randomUUID } from 'node:crypto';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { AppError, type ErrorCode } from '../domain/errors.ts';
import type { Log } from '../ports/log.ts';

/** Fastify with zod schemas; every route group is one function that takes it. */
export type App = FastifyInstance<never, never, never, never, ZodTypeProvider>;

const bodyLimitBytes = 64 * 1024;

const statusOf: Partial<Record<ErrorCode, number>> = {
  'payload-invalid': 400,
  'not-found': 404,
  erased: 410,
  'file-removed': 410,
  duplicate: 409,
  'version-conflict': 409,
  'too-large': 413,
  'store-unavailable': 503,
  'account-read-only': 409,
  'token-refused': 422,
  'number-unknown': 422,
  'app-secret-refused': 422,
  'browser-missing': 422,
  'business-account-unknown': 422,
  'template-unknown': 422,
  'template-parameters': 422,
  'template-unsendable': 422,
  'platform-unavailable': 503,
};

/** The HTTP server without its routes: bounded bodies, safe headers, rate limits, and errors as `{ code, message }`. */
export async function createApp({
  log,
  routes,
}: {
  log: Log;
  routes: readonly ((app: App) => void | Promise<void>)[];
}) {
  const app = fastify({
    bodyLimit: bodyLimitBytes,
    // Open event streams would keep a closing server waiting.
    forceCloseConnections: true,
    // A proxy on this machine or the inner network says who really asks; nobody else is believed.
    trustProxy: ['loopback', 'linklocal', 'uniquelocal'],
    // Long enough for a photo from a slow phone.
    requestTimeout: 120_000,
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: 200 },
    logger: false,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);

  await app.register(helmet, {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        connectSrc: ["'self'"],
        fontSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        // Behind a proxy that speaks TLS this server itself speaks plain HTTP.
        upgradeInsecureRequests: null,
      },
    },
  });
  // Many phones share one address behind a carrier: what must be tighter has its own limit.
  await app.register(rateLimit, { global: true, max: 3_000, timeWindow: '1 minute' });

  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ code: 'not-found', message: 'There is nothing here.' }),
  );
  app.setErrorHandler((error: FastifyError | AppError, request, reply) => {
    const status = error instanceof AppError ? (statusOf[error.code] ?? 500) : (error.statusCode ?? 500);
    if (status >= 500) log.error({ requestId: request.id, route: request.routeOptions.url, error }, 'a request failed');
    const isOurs = error instanceof AppError && status < 500;
    return reply.code(status).send({
      code: isOurs ? error.code : codeOf(status),
      // What a library says of a body may repeat what a person wrote; what a schema says of it does not.
      message: isOurs || ('validation' in error && error.validation) ? error.message : messageOf(status),
    });
  });

  // fastify's own types do not survive being passed on with another type provider.
  for (const route of routes) await route(app as unknown as App);
  return app;
}

function codeOf(status: number): string {
  if (status === 503) return 'unavailable';
  if (status >= 500) return 'internal';
  if (status === 413) return 'too-large';
  if (status === 429) return 'too-many-requests';
  return 'payload-invalid';
}

function messageOf(status: number): string {
  if (status === 503) return 'The service is not available at this moment. Try again soon.';
  if (status >= 500) return 'Something went wrong on our side.';
  if (status === 413) return 'The body is too large.';
  if (status === 429) return 'Too many requests. Wait a little.';
  return 'The request cannot be read.';
}
