/** An answer of the Bot API that is not ok, as core.telegram.org/bots/api#making-requests describes it. */
export class BotApiError extends Error {
  readonly status: number;
  readonly parameters: { readonly retry_after?: number } | undefined;
  constructor(status: number, description: string, parameters?: { retry_after?: number }) {
    super(description);
    this.status = status;
    this.parameters = parameters;
  }
}

export function badRequest(description: string): BotApiError {
  return new BotApiError(400, `Bad Request: ${description}`);
}

export function throttled(retryAfterSeconds: number): BotApiError {
  return new BotApiError(429, `Too Many Requests: retry after ${retryAfterSeconds}`, {
    retry_after: retryAfterSeconds,
  });
}
