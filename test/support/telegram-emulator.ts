import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Message, Update, User } from 'grammy/types';
import { BotApi } from './telegram/bot-api.ts';
import { BotApiError, throttled } from './telegram/bot-api-error.ts';
import { readRequest, type Payload, type Upload } from './telegram/read-request.ts';
import { endless } from './endless.ts';
import { respond, toFailure } from './telegram/respond.ts';
import type { SendingLimits } from './telegram/sending-limits.ts';
import { UpdateFeed } from './telegram/update-feed.ts';
import { TelegramWorld, type Barrier } from './telegram/world.ts';

/** Something that goes wrong with one call. */
export type Fault =
  | { readonly is: 'status'; readonly status: number; readonly description?: string }
  /** A gateway's page instead of the API's JSON. */
  | { readonly is: 'gateway-page'; readonly status: number }
  | { readonly is: 'throttled'; readonly retryAfterSeconds: number }
  /** The socket dies and the call has no effect. */
  | { readonly is: 'drop-before' }
  /** The call has its effect and the socket dies before the answer. */
  | { readonly is: 'drop-after' }
  /** The call has its effect and the socket stays open without an answer. */
  | { readonly is: 'no-answer' }
  /** Of a download: bytes without end, or another place to look. */
  | { readonly is: 'endless' }
  | { readonly is: 'redirect'; readonly to: string }
  | { readonly is: 'delay'; readonly ms: number };

/** One call as it came, and what became of it. */
export interface RecordedCall {
  readonly method: string;
  readonly payload: Payload;
  readonly at: number;
  /** Whether the call had its effect. */
  taken: boolean;
  /** HTTP status of the answer; 0 while there is none. */
  status: number;
  /** `lost`: the socket closed before the answer was written (dropped here, or the client left). */
  answer: 'pending' | 'given' | 'lost';
  answeredAt?: number;
  /** Of a send that was taken. */
  messageId?: number;
}

type FileKind = 'photo' | 'document' | 'voice' | 'audio' | 'video' | 'sticker';

/**
 * A Telegram Bot API server on loopback with one bot, for tests with the real client library: long polling, webhooks, sends,
 * edits, taps, files, limits and faults. People are driven by the `user...` methods.
 */
export class TelegramEmulator {
  readonly token = `111:${'A'.repeat(35)}`;
  readonly world = new TelegramWorld();
  readonly feed = new UpdateFeed();
  readonly api = new BotApi(this.world, this.feed);
  readonly calls: RecordedCall[] = [];
  /** Asked before each call. */
  fault: ((method: string, payload: Payload) => Fault | undefined) | null = null;
  #planned: { readonly method: string; readonly fault: Fault }[] = [];
  #watchers = new Set<() => void>();
  #server = createServer((request, response) => void this.#serve(request, response));
  #apiRoot = '';

  /** What to give a client as its `apiRoot`. */
  get apiRoot(): string {
    return this.#apiRoot;
  }

  set limits(limits: SendingLimits | null) {
    this.api.limits = limits;
  }

  /** Listens on a free port, or on the given one (to come back after `stop`). */
  async start(port = 0): Promise<this> {
    this.#server.keepAliveTimeout = 60_000;
    this.feed.open();
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the emulator has no port');
    this.#apiRoot = `http://127.0.0.1:${address.port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.feed.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The next `times` calls of a method fail like this. */
  failNext(method: string, fault: Fault, times = 1): void {
    for (let index = 0; index < times; index += 1) this.#planned.push({ method, fault });
  }

  /** Lets the open poll run out with nothing, as its time limit would. */
  endHold(): void {
    this.feed.endHold();
  }

  // What people do.

  userWrites(chatId: number, text: string, from: Partial<User> = {}): Message {
    return this.userSends(chatId, { text }, from);
  }

  /** Sends a message with any content, as the Bot API describes messages. */
  userSends(chatId: number, content: object, from: Partial<User> = {}): Message {
    const message = this.world.add(chatId, toUser(chatId, from), content);
    // Every message in an update has more fields required than Message in general; `add` sets them.
    this.feed.push({ message: message as NonNullable<Update['message']> });
    return message;
  }

  userSendsFile(
    chatId: number,
    kind: FileKind,
    upload: Upload & { readonly sizeBytes?: number },
    extra: { readonly caption?: string; readonly media_group_id?: string } = {},
  ): Message {
    const fileId = this.world.addFile(upload);
    const size = upload.sizeBytes ?? upload.bytes.length;
    const described = { file_id: fileId, file_unique_id: `u${fileId}`, file_size: size };
    const content =
      kind === 'photo'
        ? [
            { ...described, file_id: `small-${fileId}`, file_size: 10, width: 90, height: 60 },
            { ...described, width: 1280, height: 960 },
          ]
        : { ...described, file_name: upload.fileName, mime_type: upload.mimeType, duration: 4 };
    return this.userSends(chatId, { [kind]: content, ...extra });
  }

  userEdits(message: Message, text: string): void {
    Object.assign(message, { text, edit_date: Math.floor(Date.now() / 1000) });
    this.feed.push({ edited_message: message as NonNullable<Update['edited_message']> }); // As in userSends.
  }

  /** Taps the button with this label under a message; returns the tap's id. */
  userTaps(message: Message, label: string): string {
    const buttons = message.reply_markup?.inline_keyboard.flat() ?? [];
    const button = buttons.find((candidate) => candidate.text === label);
    if (!button || !('callback_data' in button)) {
      throw new Error(`there is no button "${label}"; there are: ${buttons.map((other) => other.text).join(', ')}`);
    }
    const id = BigInt(`0x${randomBytes(8).toString('hex')}`).toString();
    this.world.waitingTaps.add(id);
    const from = toUser(message.chat.id, {});
    this.feed.push({ callback_query: { id, from, chat_instance: '1', message, data: button.callback_data } });
    return id;
  }

  /** The person blocks the bot (or deletes the account); sends answer 403 from now on. */
  userLeaves(chatId: number, barrier: Barrier = 'blocked'): void {
    this.world.barriers.set(chatId, barrier);
  }

  // What the bot did.

  /** What a chat was sent by the bot, in order. */
  sentTo(chatId: number): Message[] {
    return this.world.messagesOf(chatId).filter((message) => message.from?.is_bot === true);
  }

  callsOf(method: string): RecordedCall[] {
    return this.calls.filter((call) => call.method === method);
  }

  /** Waits until `condition` gives something; it is asked again after every call and every answer. */
  async until<T>(condition: () => T | undefined | null | false, limitMs = 5000): Promise<T> {
    const end = Date.now() + limitMs;
    for (;;) {
      const found = condition();
      if (found !== undefined && found !== null && found !== false) return found;
      if (Date.now() > end) throw new Error(`waited ${limitMs} ms in vain for: ${condition}`);
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          this.#watchers.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, 20);
        this.#watchers.add(wake);
      });
    }
  }

  // The server.

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://emulator');
    const match = /^\/(file\/)?bot([^/]+)\/(.+)$/.exec(url.pathname);
    const [, file, token, rest] = match ?? [];
    if (rest === undefined) return respond(response, 404, { ok: false, error_code: 404, description: 'Not Found' });
    if (token !== this.token)
      return respond(response, 401, { ok: false, error_code: 401, description: 'Unauthorized' });
    if (file) return this.#download(rest, request, response);
    try {
      const payload = await readRequest(request, url.searchParams, (upload) => this.world.addFile(upload));
      await this.#answer(rest, payload, request, response);
    } catch (error) {
      if (!request.destroyed) respond(response, 400, toFailure(error));
    } finally {
      for (const wake of this.#watchers) wake();
    }
  }

  async #answer(method: string, payload: Payload, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call: RecordedCall = { method, payload, at: Date.now(), taken: false, status: 0, answer: 'pending' };
    this.calls.push(call);
    response.once('close', () => {
      if (call.answer === 'pending') call.answer = 'lost';
    });
    const fault = this.#takeFault(method, payload);
    if (fault?.is === 'delay') await new Promise((resolve) => setTimeout(resolve, fault.ms));
    if (fault?.is === 'drop-before') return void request.socket.destroy();
    const { status, body } = await this.#decide(call, fault, response);
    if (fault?.is === 'drop-after') return void request.socket.destroy();
    if (fault?.is === 'no-answer') return;
    call.status = status;
    if (response.destroyed) return;
    response.once('finish', () => {
      call.answer = 'given';
      call.answeredAt = Date.now();
    });
    if (fault?.is === 'gateway-page')
      response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>');
    else respond(response, status, body);
  }

  async #decide(
    call: RecordedCall,
    fault: Fault | undefined,
    response: ServerResponse,
  ): Promise<{ status: number; body: object }> {
    if (fault?.is === 'gateway-page') return { status: fault.status, body: {} };
    try {
      if (fault?.is === 'throttled') throw throttled(fault.retryAfterSeconds);
      if (fault?.is === 'status') throw new BotApiError(fault.status, fault.description ?? 'Internal Server Error');
      const result =
        call.method === 'getUpdates'
          ? await this.#poll(call.payload, response)
          : this.api.call(call.method, call.payload);
      call.taken = true;
      if (isMessage(result)) call.messageId = result.message_id;
      return { status: 200, body: { ok: true, result } };
    } catch (error) {
      if (!(error instanceof BotApiError)) throw error;
      return { status: error.status, body: toFailure(error) };
    }
  }

  #poll(payload: Payload, response: ServerResponse): Promise<Update[]> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    this.feed.allow(payload.allowed_updates as readonly string[] | undefined); // Typed by the client library.
    const number = (value: unknown, otherwise: number) => (value === undefined ? otherwise : Number(value));
    return this.feed.poll(
      {
        offset: number(payload.offset, 0),
        limit: Math.min(100, number(payload.limit, 100)),
        timeoutSeconds: number(payload.timeout, 0),
      },
      gone.signal,
    );
  }

  #takeFault(method: string, payload: Payload): Fault | undefined {
    const index = this.#planned.findIndex((plan) => plan.method === method);
    if (index >= 0) return this.#planned.splice(index, 1)[0]?.fault;
    return this.fault?.(method, payload);
  }

  #download(path: string, request: IncomingMessage, response: ServerResponse): void {
    const fault = this.#takeFault('download', { path });
    if (fault?.is === 'drop-before') return void request.socket.destroy();
    if (fault?.is === 'status')
      return respond(response, fault.status, toFailure(new BotApiError(fault.status, 'Error')));
    if (fault?.is === 'redirect') return void response.writeHead(302, { location: fault.to }).end();
    if (fault?.is === 'endless') return endless(response);
    const file = [...this.world.files.values()].find((candidate) => candidate.path === path);
    if (!file) return respond(response, 404, { ok: false, error_code: 404, description: 'Not Found' });
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': file.bytes.length });
    if (fault?.is === 'drop-after') {
      response.write(file.bytes.subarray(0, Math.ceil(file.bytes.length / 2)), () => request.socket.destroy());
      return;
    }
    response.end(file.bytes);
  }
}

function toUser(chatId: number, from: Partial<User>): User {
  return { id: Math.abs(chatId), is_bot: false, first_name: 'Salma', language_code: 'ar', ...from };
}

function isMessage(result: unknown): result is Message {
  return typeof result === 'object' && result !== null && 'message_id' in result;
}
