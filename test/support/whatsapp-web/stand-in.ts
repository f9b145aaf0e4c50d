import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import type { AddressInfo, Socket } from 'node:net';
import { build } from 'esbuild';
import { selfSignedCertificate } from './certificate.ts';
import type { Ask, Push, WireMessage } from './page/wire.ts';

interface IncomingOptions {
  readonly id?: string;
  readonly name?: string;
  /** Seconds since the epoch; now by default. */
  readonly at?: number;
  /** The page learns of it without the event that the library listens to. */
  readonly isQuiet?: boolean;
  readonly [attribute: string]: unknown;
}

/**
 * Plays web.whatsapp.com for the real whatsapp-web.js in a real Chromium, which its arguments point here: the page (`page/`), the
 * connection, a phone that scans and logs out, people who write, and every fault that is known. It is no proof against changes of the real site.
 */
export class WhatsappStandIn {
  readonly me = '966500000000@c.us';
  readonly sent: WireMessage[] = [];
  readonly told: { readonly what: string; readonly chat?: string }[] = [];
  readonly files = new Map<string, { readonly bytes: Buffer; readonly type: string }>();
  /** Hidden ids and the phones behind them. */
  readonly phones = new Map<string, string>();
  /** Numbers that are not on WhatsApp. */
  readonly strangers = new Set<string>();
  isLinked = false;
  /** From the link to the end of the synchronisation. */
  syncMs = 100;
  /** How many of the next sends are refused. */
  refusals = 0;
  /** Every send the page asked for. */
  readonly attempts: { readonly chat: string; readonly at: number; readonly taken: boolean }[] = [];
  /** Takes what is sent but holds the answer back until this resolves. */
  sendGate: Promise<void> | null = null;
  /** The page is not the one the library knows. */
  isChanged = false;
  /** Accepts connections and says nothing. */
  isSilent = false;
  /** Breaks every connection. */
  isOffline = false;
  qrCount = 0;
  pageLoads = 0;

  readonly #history: WireMessage[] = [];
  readonly #pages = new Set<ServerResponse>();
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #port = 0;
  #script = '';

  async start(): Promise<this> {
    const bundle = await build({
      entryPoints: [join(import.meta.dirname, 'page/page.ts')],
      ...{ bundle: true, write: false, format: 'iife', platform: 'browser', logLevel: 'warning' },
    });
    this.#script = bundle.outputFiles[0]?.text ?? '';
    this.#server = createServer(selfSignedCertificate('web.whatsapp.com'), (request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    this.#server.on('secureConnection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port; // A TCP server's address.
    return this;
  }

  async stop(): Promise<void> {
    this.#server?.close();
    this.dropConnections();
  }

  get chromiumArgs(): string[] {
    const rules = `MAP web.whatsapp.com:443 127.0.0.1:${this.#port}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`;
    return ['--no-sandbox', '--ignore-certificate-errors', `--host-resolver-rules=${rules}`];
  }

  get isPageOpen(): boolean {
    return this.#pages.size > 0;
  }

  scanQr(): void {
    this.isLinked = true;
    this.#push(this.#linkPush());
  }

  newQr(): void {
    this.qrCount += 1;
    this.#push({ is: 'qr', ref: `2@${randomBytes(16).toString('base64')}` });
  }

  logOutFromPhone(): void {
    this.isLinked = false;
    this.#push({ is: 'logged-out' });
  }

  setState(state: string): void {
    this.#push({ is: 'state', state });
  }

  /** The synchronisation ends once more, which the library takes for a second 'ready'. */
  syncAgain(): void {
    this.#push({ is: 'synced-again' });
  }

  /** The page's only thread never comes back. */
  hangPage(): void {
    this.#push({ is: 'hang' });
  }

  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** A person writes. The page hears of it when it is connected; else it finds it in its history. Returns the message's id. */
  incoming(chat: string, attributes: IncomingOptions): string {
    const { id = `3A${randomBytes(9).toString('hex').toUpperCase()}`, name, at, isQuiet = false, ...rest } = attributes;
    const t = at ?? Math.floor(Date.now() / 1000);
    const message: WireMessage = {
      type: 'chat',
      ...rest,
      id,
      chat,
      fromMe: false,
      t,
      ...(name && { notifyName: name }),
    };
    this.#history.push(message);
    this.#push({ is: 'message', message, isQuiet });
    return id;
  }

  incomingFile(chat: string, bytes: Buffer, mimetype: string, attributes: IncomingOptions = {}): string {
    const directPath = this.#keepFile(bytes, mimetype);
    const hash = createHash('sha256').update(bytes).digest('base64');
    const size = bytes.length;
    return this.incoming(chat, { directPath, mimetype, filehash: hash, encFilehash: hash, size, ...attributes });
  }

  edit(chat: string, id: string, body: string): void {
    const attributes = { latestEditSenderTimestampMs: Date.now(), body };
    this.#push({ is: 'change', key: `false_${chat}_${id}`, attributes });
  }

  grade(message: WireMessage, ack: number): void {
    this.#push({ is: 'change', key: `true_${message.chat}_${message.id}`, attributes: { ack } });
  }

  #push(push: Push): void {
    for (const page of this.#pages) page.write(`data: ${JSON.stringify(push)}\n\n`);
  }

  #linkPush(): Push {
    // The page gets the last message of each chat, and asks for what came before.
    const last = new Map(this.#history.map((message) => [message.chat, message]));
    return { is: 'linked', me: this.me, syncMs: this.syncMs, history: [...last.values()] };
  }

  #keepFile(bytes: Buffer, type: string): string {
    const path = `/files/${randomBytes(6).toString('hex')}`;
    this.files.set(path, { bytes, type });
    return path;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.isSilent) return;
    if (this.isOffline) return void request.socket.destroy();
    const url = new URL(request.url ?? '/', 'https://web.whatsapp.com');
    const type = (value: string) => response.setHeader('content-type', `${value}; charset=utf-8`);
    if (url.pathname === '/') {
      this.pageLoads += 1;
      type('text/html');
      response.end(`<!doctype html><title>WhatsApp</title>${this.isChanged ? '' : '<script src="/page.js"></script>'}`);
    } else if (url.pathname === '/page.js') {
      type('text/javascript');
      response.end(this.#script);
    } else if (url.pathname === '/events') {
      type('text/event-stream');
      response.flushHeaders();
      this.#pages.add(response);
      response.once('close', () => this.#pages.delete(response));
      if (url.searchParams.get('me') && this.isLinked) response.write(`data: ${JSON.stringify(this.#linkPush())}\n\n`);
      else this.newQr();
    } else if (url.pathname === '/ask') {
      const question = JSON.parse((await readBody(request)).toString()) as Ask;
      type('application/json');
      response.end(JSON.stringify(await this.#reply(question)));
    } else if (url.pathname === '/files' && request.method === 'POST') {
      const path = this.#keepFile(await readBody(request), request.headers['content-type'] ?? '');
      response.end(JSON.stringify({ path }));
    } else {
      const file = this.files.get(url.pathname);
      response.statusCode = file ? 200 : 404;
      response.end(file?.bytes);
    }
  }

  async #reply(question: Ask): Promise<object> {
    switch (question.is) {
      case 'send':
        this.attempts.push({ chat: question.message.chat, at: Date.now(), taken: this.refusals === 0 });
        if (this.refusals > 0) {
          this.refusals -= 1;
          return { taken: false };
        }
        this.sent.push(question.message);
        this.#history.push(question.message);
        await this.sendGate;
        return { taken: true };
      case 'exists':
        return { exists: !this.strangers.has(question.chat) };
      case 'phone-of':
        return { phone: this.phones.get(question.chat) ?? null };
      case 'earlier': {
        const earlier = this.#history.filter(({ chat, id }) => chat === question.chat && !question.known.includes(id));
        return { messages: earlier.slice(-3) };
      }
      case 'pairing-code':
        return { code: 'ABCD1234' };
      case 'told':
        this.told.push(question);
        if (question.what === 'refresh-qr') this.newQr();
        return {};
    }
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer); // No encoding is set.
  return Buffer.concat(pieces);
}
