import { randomUUID } from 'node:crypto';
import type { OutboundContent } from '../../src/domain/message.ts';
import { readEvents } from './chat-events.ts';

/** A line as the page reads it. */
export interface PageLine {
  readonly id: string;
  readonly order: string;
  readonly from: 'me' | 'bot' | 'officer';
  readonly content: OutboundContent;
}

/**
 * A browser with the website chat open: what is written goes out one after another, each until it is taken, whatever process serves
 * `url` at that moment; what arrives is read from where it stopped reading.
 */
export function createPage(options: {
  readonly url: () => string;
  readonly token: string;
  /** The network address it writes from, as a proxy tells it. */
  readonly address?: string;
}) {
  const { url, address } = options;
  const headers = { authorization: `Bearer ${options.token}`, ...(address && { 'x-forwarded-for': address }) };
  const lines: PageLine[] = [];
  const posts: (() => Promise<void>)[] = [];
  let outbox: Promise<void> = Promise.resolve();
  let isClosed = false;

  function post(path: string, toBody: () => { readonly body: string | FormData; readonly type?: string }): void {
    const deliver = async () => {
      while (!isClosed) {
        const { body, type } = toBody();
        const request = { method: 'POST', headers: { ...headers, ...(type && { 'content-type': type }) }, body };
        const answer = await fetch(url() + path, request).catch(() => null);
        await answer?.arrayBuffer().catch(() => {});
        if (answer?.status === 202) return;
        if (answer && answer.status < 500 && answer.status !== 429)
          throw new Error(`the chat refused a message with ${answer.status}`);
        const seconds = Number(answer?.headers.get('retry-after') ?? 0);
        await new Promise((resolve) => setTimeout(resolve, Math.max(50, seconds * 1_000)));
      }
    };
    posts.push(deliver);
    outbox = outbox.then(deliver);
  }

  return {
    lines,
    say(content: object): void {
      const body = JSON.stringify({ id: randomUUID(), language: 'ar', content });
      post('/api/chat/messages', () => ({ body, type: 'application/json' }));
    },
    upload(file: { readonly bytes: Uint8Array; readonly fileName: string; readonly mimeType: string }): void {
      const id = randomUUID();
      post('/api/chat/files', () => {
        const form = new FormData();
        form.set('id', id);
        form.set('language', 'ar');
        form.set('file', new Blob([new Uint8Array(file.bytes)], { type: file.mimeType }), file.fileName);
        return { body: form };
      });
    },
    async open(line: PageLine): Promise<Buffer> {
      const answer = await fetch(`${url()}/api/chat/files/${line.id}`, { headers });
      return Buffer.from(await answer.arrayBuffer());
    },
    /** Reads what is new. @throws when the server cannot be reached */
    async look(): Promise<void> {
      const last = lines.at(-1)?.order;
      const leaving = new AbortController();
      const answer = await fetch(`${url()}/api/chat/events`, {
        headers: { ...headers, ...(last && { 'last-event-id': last }) },
        signal: leaving.signal,
      });
      if (!answer.ok) throw new Error(`the chat's events answered ${answer.status}`);
      for await (const { event, data } of readEvents(answer)) {
        if (event === 'line') lines.push(data as PageLine); // As `toChatLine` makes it.
        if (event === 'ready') break;
      }
      leaving.abort();
    },
    /** Sends everything once more, as a page does whose answers were lost. */
    repeat: () => Promise.all(posts.map((deliver) => deliver())),
    async close(): Promise<void> {
      isClosed = true;
      await outbox.catch(() => {});
    },
  };
}
