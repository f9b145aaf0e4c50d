/** A request that brought no good answer. `status` 0: no answer at all. */
export class RequestFailed extends Error {
  readonly status: number;
  readonly retryAfterMs: number | null;
  constructor(status: number, retryAfterMs: number | null = null) {
    super(`request failed (${status})`);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the same request may be taken later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** One request with a time limit. @throws RequestFailed */
export async function request(path: string, init: RequestInit, limitMs: number): Promise<Response> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), limitMs);
  try {
    const response = await fetch(`/api/chat/${path}`, { credentials: 'omit', signal: controller.signal, ...init });
    if (response.ok) return response;
    const seconds = Number(response.headers.get('retry-after'));
    throw new RequestFailed(response.status, seconds > 0 ? seconds * 1000 : null);
  } catch (error) {
    throw error instanceof RequestFailed ? error : new RequestFailed(0);
  } finally {
    clearTimeout(timer);
  }
}
