import type { ServerResponse } from 'node:http';
import { BotApiError } from './bot-api-error.ts';

/** The body of an answer that is not ok. */
export function toFailure(error: unknown): object {
  const failure =
    error instanceof BotApiError ? error : new BotApiError(500, `Internal Server Error: ${String(error)}`);
  return {
    ok: false,
    error_code: failure.status,
    description: failure.message,
    ...(failure.parameters && { parameters: failure.parameters }),
  };
}

export function respond(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
