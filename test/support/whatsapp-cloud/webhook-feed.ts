import { createHmac, randomInt } from 'node:crypto';

/** One webhook call that was made, and its answer: 0 for none. */
export interface Delivery {
  readonly body: string;
  readonly status: number;
}

/** Calls the webhook as Meta does: signed, in its order, each until it is answered 200, and now and then twice. */
export class WebhookFeed {
  url: string | null = null;
  appSecret = 'the-secret-of-the-app';
  verifyToken = 'the-verify-token';
  /** How often each call is made although it was answered 200. */
  copies = 1;
  /** Waits this long before a call is made again. */
  retryAfterMs = 5;
  readonly deliveries: Delivery[] = [];
  #last: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** Asks the webhook to prove itself, as Meta's console does. */
  async verify(verifyToken = this.verifyToken): Promise<boolean> {
    if (this.url === null) throw new Error('there is no webhook');
    const challenge = String(randomInt(1e9));
    const query = new URLSearchParams({
      'hub.mode': 'subscribe',
      'hub.challenge': challenge,
      'hub.verify_token': verifyToken,
    });
    const answer = await fetch(`${this.url}?${query.toString()}`);
    return answer.ok && (await answer.text()) === challenge;
  }

  /** Gives it after what is on its way. Resolves when it was answered 200 (as often as `copies` says). */
  push(webhook: object): Promise<void> {
    const body = escapeUnicode(JSON.stringify(webhook));
    this.#last = this.#last.then(() => this.#deliver(body));
    return this.#last;
  }

  /** Makes every call that was answered 200 once more. */
  async repeat(): Promise<void> {
    const bodies = this.deliveries.filter(({ status }) => status === 200).map(({ body }) => body);
    for (const body of bodies) this.#last = this.#last.then(() => this.#deliver(body));
    await this.#last;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
  }

  sign(body: string | Uint8Array): string {
    return `sha256=${createHmac('sha256', this.appSecret).update(body).digest('hex')}`;
  }

  async #deliver(body: string): Promise<void> {
    for (let copy = 0; copy < this.copies; copy += 1) {
      while (!this.#isClosed && this.url !== null) {
        const status = await this.#post(this.url, body);
        this.deliveries.push({ body, status });
        if (status === 200) break;
        await new Promise((resolve) => setTimeout(resolve, this.retryAfterMs));
      }
    }
  }

  async #post(url: string, body: string): Promise<number> {
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'facebookexternalua',
      'x-hub-signature-256': this.sign(body),
    };
    try {
      const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(5000) });
      await answer.arrayBuffer();
      return answer.status;
    } catch {
      return 0;
    }
  }
}

/** Meta sends and signs bodies in which everything that is not ASCII, and every slash, is escaped. */
export function escapeUnicode(json: string): string {
  return json
    .replace(/\//g, '\\/')
    .replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
