import type { Update } from 'grammy/types';
import { BotApiError } from './bot-api-error.ts';

export interface Webhook {
  readonly url: string;
  readonly secretToken?: string;
}

/** The updates a bot has not confirmed, and the two ways it may get them. */
export class UpdateFeed {
  /** The id the next update gets; may be set, since Telegram restarts it at random after a quiet week. */
  nextUpdateId = 1000;
  /** How often each update comes, each time under an id of its own. */
  copies = 1;
  /** Pause before an update that a webhook refused is given again. */
  redeliveryMs = 50;
  webhook: Webhook | null = null;
  /** The status each webhook delivery was answered with; 0 when there was no answer. */
  readonly webhookAnswers: number[] = [];

  #pending: Update[] = [];
  readonly #given: Omit<Update, 'update_id'>[] = [];
  #allowed: ReadonlySet<string> | null = null;
  #poller: { readonly wake: () => void; readonly conflict: (description: string) => void } | null = null;
  #delivering = false;
  #closed = new AbortController();

  get pendingCount(): number {
    return this.#pending.length;
  }

  allow(kinds: readonly string[] | undefined): void {
    if (kinds) this.#allowed = kinds.length ? new Set(kinds) : null;
  }

  push(fields: Omit<Update, 'update_id'>): void {
    if (this.#allowed && !Object.keys(fields).some((kind) => this.#allowed?.has(kind))) return;
    const snapshot = structuredClone(fields);
    this.#given.push(snapshot);
    this.#give(snapshot);
  }

  /** Gives everything once more, under new ids. */
  pushAgain(): void {
    for (const fields of this.#given) this.#give(fields);
  }

  #give(snapshot: Omit<Update, 'update_id'>): void {
    for (let copy = 0; copy < this.copies; copy += 1) {
      this.#pending.push({ ...snapshot, update_id: this.nextUpdateId++ });
    }
    if (this.webhook) void this.deliver();
    else this.#poller?.wake();
  }

  /** getUpdates: confirms everything before `offset`, then waits for updates. A second poller ends the first with 409. */
  async poll(
    { offset, limit, timeoutSeconds }: { offset: number; limit: number; timeoutSeconds: number },
    clientGone: AbortSignal,
  ): Promise<Update[]> {
    if (this.webhook) {
      throw new BotApiError(
        409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
      );
    }
    this.#poller?.conflict(
      'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
    );
    if (offset > 0) this.#pending = this.#pending.filter((update) => update.update_id >= offset);
    if (offset < 0) this.#pending = this.#pending.slice(offset);
    if (this.#pending.length === 0 && timeoutSeconds > 0) await this.#wait(timeoutSeconds, clientGone);
    return this.#pending.slice(0, limit);
  }

  #wait(timeoutSeconds: number, clientGone: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        if (this.#poller === poller) this.#poller = null;
        settle();
      };
      const poller = {
        wake: () => end(resolve),
        conflict: (description: string) => end(() => reject(new BotApiError(409, description))),
      };
      const timer = setTimeout(poller.wake, timeoutSeconds * 1000);
      clientGone.addEventListener('abort', poller.wake, { once: true });
      this.#poller = poller;
    });
  }

  /** Gives pending updates to the webhook, one at a time in their order, until each is answered with 2xx. */
  async deliver(): Promise<void> {
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      for (;;) {
        const [update] = this.#pending;
        if (!update || !this.webhook || this.#closed.signal.aborted) return;
        const status = await this.#post(this.webhook, update);
        this.webhookAnswers.push(status);
        if (status >= 200 && status < 300) this.#pending = this.#pending.filter((other) => other !== update);
        else await new Promise((resolve) => setTimeout(resolve, this.redeliveryMs));
      }
    } finally {
      this.#delivering = false;
    }
  }

  async #post(webhook: Webhook, update: Update): Promise<number> {
    try {
      const response = await fetch(webhook.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(webhook.secretToken && { 'x-telegram-bot-api-secret-token': webhook.secretToken }),
        },
        body: JSON.stringify(update),
        signal: AbortSignal.any([AbortSignal.timeout(10_000), this.#closed.signal]),
      });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return 0;
    }
  }

  /** Begins to give updates to a webhook; an open poll ends with 409. */
  setWebhook(webhook: Webhook): void {
    this.#poller?.conflict('Conflict: terminated by setWebhook request');
    this.webhook = webhook;
    void this.deliver();
  }

  /** The open poll answers with what there is. */
  endHold(): void {
    this.#poller?.wake();
  }

  open(): void {
    if (this.#closed.signal.aborted) this.#closed = new AbortController();
    void this.deliver();
  }

  close(): void {
    this.#closed.abort();
    this.#poller?.wake();
  }
}
