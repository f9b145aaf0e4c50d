import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { checkMessage, type ApprovedTemplate } from './whatsapp-cloud/check-message.ts';
import { endless } from './endless.ts';
import { GraphError, missing, noSuchObject } from './whatsapp-cloud/graph-error.ts';
import { readUpload, type Upload } from './whatsapp-cloud/read-upload.ts';
import { SendingMeter, type SendingLimits } from './whatsapp-cloud/sending-limits.ts';
import { WebhookFeed } from './whatsapp-cloud/webhook-feed.ts';

/** Which of the API's calls something is. */
export type CloudMethod = 'send' | 'mark' | 'upload' | 'describe' | 'download' | 'number' | 'templates';

/** Something that goes wrong with one call. */
export type CloudFault =
  | { readonly is: 'error'; readonly status: number; readonly code: number; readonly subcode?: number }
  /** A gateway's page instead of the API's JSON. */
  | { readonly is: 'gateway-page'; readonly status: number }
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

export type Payload = Readonly<Record<string, unknown>>;

/** One call as it came, and what became of it. */
export interface RecordedCloudCall {
  readonly method: CloudMethod;
  readonly path: string;
  readonly payload: Payload;
  readonly at: number;
  /** Whether the call had its effect. */
  taken: boolean;
  status: number;
  /** `lost`: the socket closed before the answer was written (dropped here, or the client left). */
  answer: 'pending' | 'given' | 'lost';
  answeredAt?: number;
}

export interface SentMessage {
  readonly id: string;
  /** The number it was sent with. */
  readonly from: string;
  readonly to: string;
  readonly payload: Payload;
  readonly at: number;
}

interface Medium extends Upload {
  /** What the API says of it; its real size by default. */
  readonly claimedBytes?: number;
  /** Where the API says it is; the emulator itself by default. */
  readonly url?: string;
}

const day = 86_400_000;

/**
 * Meta's Graph API for the WhatsApp numbers of one app on loopback, for tests: sends, files, signed webhooks, receipts, limits, the 24-hour
 * window and faults. People are driven by the `user...` methods.
 */
export class WhatsappCloudEmulator {
  readonly phoneNumberId = '106540352242922';
  /** All numbers of the app, by their ids; others may be added. */
  readonly numbers = new Map([[this.phoneNumberId, { displayNumber: '15550783881', name: 'سقيا' }]]);
  readonly displayNumber = '15550783881';
  readonly accessToken = 'EAAtheTokenOfTheSystemUser';
  readonly feed = new WebhookFeed();
  readonly calls: RecordedCloudCall[] = [];
  readonly sent: SentMessage[] = [];
  readonly media = new Map<string, Medium>();
  readonly businessAccountId = '102290129340398';
  /** Whether the token may read whose number it is. */
  tellsOwner = true;
  readonly templates = new Map<string, ApprovedTemplate>();
  readonly lastInboundAt = new Map<string, number>();
  /** Numbers that are not on WhatsApp. */
  readonly strangers = new Set<string>();
  /** Receipts of each send, and whether they come before or after its own answer; null for none. */
  receipts: { readonly statuses: readonly string[]; readonly come: 'before' | 'after' } | null = null;
  limits: SendingLimits | null = null;
  now: () => number = () => Date.now();
  /** Asked before each call that no fault is planned for. */
  fault: ((method: CloudMethod) => CloudFault | undefined) | null = null;
  #planned: { readonly method: CloudMethod; readonly fault: CloudFault }[] = [];
  #meter = new SendingMeter();
  #server = createServer((request, response) => void this.#serve(request, response));
  #apiRoot = '';
  #mediaCount = 0;

  /** What to give a client as its `apiRoot`. */
  get apiRoot(): string {
    return this.#apiRoot;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the emulator has no port');
    this.#apiRoot = `http://127.0.0.1:${address.port}`;
    return this;
  }

  async stop(): Promise<void> {
    await this.feed.close();
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The next `times` calls of a method fail like this. */
  failNext(method: CloudMethod, fault: CloudFault, times = 1): void {
    for (let index = 0; index < times; index += 1) this.#planned.push({ method, fault });
  }

  // What people do. Each resolves when the webhook has been answered 200.

  userWrites(from: string, body: string): Promise<string> {
    return this.userSends(from, { type: 'text', text: { body } });
  }

  /** Sends a message with any content; returns its id. */
  async userSends(from: string, content: object): Promise<string> {
    const message = this.toMessage(from, content);
    await this.pushMessages([message]);
    return message.id;
  }

  async userSendsFile(from: string, type: string, upload: Upload, extra: object = {}): Promise<string> {
    const { mimeType, bytes } = upload;
    const id = this.addMedia(upload);
    const sha256 = createHash('sha256').update(bytes).digest('base64');
    return await this.userSends(from, { type, [type]: { id, mime_type: mimeType, sha256, ...extra } });
  }

  /** Taps a button, a row or a template's quick reply under a message that was sent. */
  async userTaps(sent: SentMessage, label: string): Promise<string> {
    const options = findOptions(sent.payload);
    const option = options.find((one) => one.title === label);
    if (!option) throw new Error(`there is no "${label}"; there are: ${options.map((one) => one.title).join(', ')}`);
    const { reply, kind } = option;
    const context = { from: this.displayNumber, id: sent.id };
    return await this.userSends(sent.to, { context, type: 'interactive', interactive: { type: kind, [kind]: reply } });
  }

  /** A message as webhooks hold it; the person's 24 hours begin anew. */
  toMessage(from: string, content: object): { id: string; from: string; timestamp: string } {
    this.lastInboundAt.set(from, this.now());
    return { from, id: newMessageId(), timestamp: toSeconds(this.now()), ...content };
  }

  /** One webhook with all of them. */
  pushMessages(messages: readonly { readonly from: string }[], phoneNumberId = this.phoneNumberId): Promise<void> {
    const people = [...new Set(messages.map((message) => message.from))];
    const contacts = people.map((person) => ({ profile: { name: 'سلمى' }, wa_id: person }));
    return this.feed.push(this.toWebhook({ contacts, messages }, phoneNumberId));
  }

  pushStatuses(statuses: readonly object[]): Promise<void> {
    return this.feed.push(this.toWebhook({ statuses }));
  }

  toStatus(id: string, to: string, status: string, code?: number): object {
    const errors = code === undefined ? {} : { errors: [{ code, title: 'failed', message: 'failed', error_data: {} }] };
    return { id, status, timestamp: toSeconds(this.now()), recipient_id: to, ...errors };
  }

  toWebhook(value: object, phoneNumberId = this.phoneNumberId): object {
    const metadata = { display_phone_number: this.displayNumber, phone_number_id: phoneNumberId };
    const change = { field: 'messages', value: { messaging_product: 'whatsapp', metadata, ...value } };
    return { object: 'whatsapp_business_account', entry: [{ id: this.businessAccountId, changes: [change] }] };
  }

  addMedia(medium: Medium): string {
    this.#mediaCount += 1;
    const id = `1479537139${String(this.#mediaCount).padStart(6, '0')}`;
    this.media.set(id, medium);
    return id;
  }

  // What the assistant did.

  sentTo(to: string): SentMessage[] {
    return this.sent.filter((message) => message.to === to);
  }

  callsOf(method: CloudMethod): RecordedCloudCall[] {
    return this.calls.filter((call) => call.method === method);
  }

  // The server.

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#answer(request, response);
    } catch (error) {
      if (response.destroyed) return;
      const failure = error instanceof GraphError ? error : new GraphError(500, 1, String(error));
      respond(response, failure.status, failure.body);
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://emulator');
    const isAllowed = request.headers.authorization === `Bearer ${this.accessToken}`;
    if (!isAllowed) throw new GraphError(401, 190, 'Invalid OAuth access token - Cannot parse access token');
    if (pathname === '/whatsapp_business/attachments/')
      return this.#download(searchParams.get('mid') ?? '', request, response);

    const [, id = '', edge] = /^\/v\d+\.\d+\/([\w-]+)(?:\/(\w+))?$/.exec(pathname) ?? [];
    if (request.method === 'GET' && edge === undefined && this.numbers.has(id)) {
      return await this.#perform('number', request, response, {}, () => this.#describeNumber(id, searchParams));
    }
    if (request.method === 'GET' && edge === 'message_templates' && id === this.businessAccountId) {
      return await this.#perform('templates', request, response, {}, () => this.#listTemplates(searchParams));
    }
    if (request.method === 'GET' && edge === undefined) {
      return await this.#perform('describe', request, response, {}, () => this.#describe(id));
    }
    if (!this.numbers.has(id)) throw noSuchObject(id);
    if (edge === 'media') {
      return await this.#perform('upload', request, response, {}, async () => ({
        id: this.addMedia(await readUpload(request)),
      }));
    }
    if (edge !== 'messages') throw new GraphError(400, 2500, 'Unknown path components');
    const payload = await readPayload(request);
    const isMark = payload.status === 'read';
    await this.#perform(isMark ? 'mark' : 'send', request, response, payload, (call) =>
      isMark ? this.#mark(payload) : this.#send(id, payload, call),
    );
  }

  async #perform(
    method: CloudMethod,
    request: IncomingMessage,
    response: ServerResponse,
    payload: Payload,
    act: (call: RecordedCloudCall) => object | Promise<object>,
  ): Promise<void> {
    const call: RecordedCloudCall = {
      method,
      path: request.url ?? '',
      payload,
      at: this.now(),
      taken: false,
      status: 0,
      answer: 'pending',
    };
    this.calls.push(call);
    response.once('close', () => {
      if (call.answer === 'pending') call.answer = 'lost';
    });
    const fault = this.#takeFault(method) ?? this.fault?.(method);
    if (fault?.is === 'delay') await new Promise((resolve) => setTimeout(resolve, fault.ms));
    if (fault?.is === 'drop-before') return void request.socket.destroy();
    if (fault?.is === 'gateway-page') {
      response.writeHead(fault.status, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>');
      return;
    }
    if (fault?.is === 'error') {
      const { status, code, subcode } = fault;
      throw new GraphError(status, code, `(#${code})`, subcode === undefined ? {} : { subcode });
    }
    const answer = await act(call);
    call.taken = true;
    if (fault?.is === 'drop-after') return void request.socket.destroy();
    if (fault?.is === 'no-answer') return;
    call.status = 200;
    if (response.destroyed) return;
    response.once('finish', () => {
      call.answer = 'given';
      call.answeredAt = Date.now();
    });
    respond(response, 200, answer);
  }

  #mark({ message_id: id }: Payload): object {
    if (typeof id !== 'string' || !id.startsWith('wamid.')) throw missing('message_id');
    return { success: true };
  }

  async #send(from: string, payload: Payload, call: RecordedCloudCall): Promise<object> {
    const to = checkMessage(payload, { templates: this.templates, hasMedia: (id) => this.media.get(id) ?? null });
    if (this.strangers.has(to)) throw new GraphError(400, 131026, '(#131026) Message undeliverable');
    if (this.limits) this.#meter.count(this.limits, to, call.at);
    const message: SentMessage = { id: newMessageId(), from, to, payload, at: call.at };
    this.sent.push(message);
    const receipts = this.#giveReceipts(message);
    if (this.receipts?.come === 'before') await receipts;
    return {
      messaging_product: 'whatsapp',
      contacts: [{ input: to, wa_id: to }],
      messages: [{ id: message.id, message_status: 'accepted' }],
    };
  }

  /** A message outside the window is taken all the same, and fails by its receipt. */
  async #giveReceipts({ id, to, payload }: SentMessage): Promise<void> {
    const isOpen = this.now() - (this.lastInboundAt.get(to) ?? 0) < day;
    if (!this.receipts || this.feed.url === null) return;
    if (!isOpen && payload.type !== 'template') {
      await this.pushStatuses([this.toStatus(id, to, 'sent')]);
      return await this.pushStatuses([this.toStatus(id, to, 'failed', 131047)]);
    }
    for (const status of this.receipts.statuses) await this.pushStatuses([this.toStatus(id, to, status)]);
  }

  /** Pages as the Graph API gives them: a cursor behind the last one, and `next` while there are more. */
  #listTemplates(parameters: URLSearchParams): object {
    const fields = (parameters.get('fields') ?? '').split(',');
    const wanted = parameters.get('status');
    const all = [...this.templates].map(([name, { language, parameters: count, listed = {} }]) => ({
      ...{ id: `9${name.length}`, name, language, status: 'APPROVED', category: 'UTILITY' },
      components: [{ type: 'BODY', text: Array.from({ length: count }, (_, at) => `{{${at + 1}}}`).join(' ') }],
      ...listed,
    }));
    const matching = all.filter(({ status }) => wanted === null || status === wanted);
    const from = Number(Buffer.from(parameters.get('after') ?? '', 'base64').toString() || 0);
    const to = from + Number(parameters.get('limit') ?? 25);
    const data = matching
      .slice(from, to)
      .map((one) =>
        Object.fromEntries(Object.entries(one).filter(([field]) => field === 'id' || fields.includes(field))),
      );
    const after = Buffer.from(String(to)).toString('base64');
    return {
      data,
      paging: {
        cursors: { before: Buffer.from(String(from)).toString('base64'), after },
        ...(to < matching.length ? { next: `${this.#apiRoot}/v24.0/${this.businessAccountId}/message_templates` } : {}),
      },
    };
  }

  #describeNumber(id: string, parameters: URLSearchParams): object {
    const proof = parameters.get('appsecret_proof');
    const expected = createHmac('sha256', this.feed.appSecret).update(this.accessToken).digest('hex');
    if (proof !== null && proof !== expected) {
      throw new GraphError(400, 100, 'Invalid appsecret_proof provided in the API argument');
    }
    if (parameters.get('fields') === 'whatsapp_business_account') {
      if (!this.tellsOwner) throw new GraphError(400, 100, '(#100) Tried accessing nonexisting field');
      return { id, whatsapp_business_account: { id: this.businessAccountId } };
    }
    const { displayNumber = '', name = '' } = this.numbers.get(id) ?? {};
    return { id, display_phone_number: displayNumber, verified_name: name };
  }

  #describe(id: string): object {
    const medium = this.media.get(id);
    if (!medium) throw noSuchObject(id);
    const { bytes, mimeType, claimedBytes = bytes.length, url } = medium;
    return {
      messaging_product: 'whatsapp',
      url: url ?? `${this.#apiRoot}/whatsapp_business/attachments/?mid=${id}&ext=1760000000&hash=ATv`,
      mime_type: mimeType,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      file_size: claimedBytes,
      id,
    };
  }

  #download(id: string, request: IncomingMessage, response: ServerResponse): void {
    const call = {
      method: 'download',
      path: request.url ?? '',
      payload: {},
      at: this.now(),
      taken: true,
      status: 200,
      answer: 'given',
    };
    this.calls.push(call as RecordedCloudCall); // The literal's method is one of them.
    const fault = this.#takeFault('download');
    if (fault?.is === 'redirect') return void response.writeHead(302, { location: fault.to }).end();
    if (fault?.is === 'endless') return endless(response);
    if (fault?.is === 'error') return respond(response, fault.status, {});
    if (fault?.is === 'drop-before') return void request.socket.destroy();
    const medium = this.media.get(id);
    if (!medium) return respond(response, 404, {});
    const { bytes, mimeType } = medium;
    response.writeHead(200, { 'content-type': mimeType, 'content-length': bytes.length });
    if (fault?.is === 'drop-after') {
      response.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => request.socket.destroy());
      return;
    }
    response.end(bytes);
  }

  #takeFault(method: CloudMethod): CloudFault | undefined {
    const index = this.#planned.findIndex((plan) => plan.method === method);
    return index >= 0 ? this.#planned.splice(index, 1)[0]?.fault : undefined;
  }
}

interface Option {
  readonly title: string;
  readonly kind: 'button_reply' | 'list_reply';
  readonly reply: object;
}

function findOptions(payload: Payload): Option[] {
  // What `checkMessage` let through has this shape.
  const { action } = (payload.interactive ?? {}) as {
    action?: { buttons?: { reply: { title: string } }[]; sections?: { rows: { title: string }[] }[] };
  };
  const buttons = (action?.buttons ?? []).map(({ reply }): Option => ({
    title: reply.title,
    kind: 'button_reply',
    reply,
  }));
  const rows = (action?.sections ?? []).flatMap((section) => section.rows);
  return [...buttons, ...rows.map((row): Option => ({ title: row.title, kind: 'list_reply', reply: row }))];
}

async function readPayload(request: IncomingMessage): Promise<Payload> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // An IncomingMessage without an encoding yields Buffers.
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as Payload; // A call's body is an object.
  } catch {
    throw new GraphError(400, 100, '(#100) Invalid JSON');
  }
}

function respond(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function newMessageId(): string {
  return `wamid.${randomBytes(24).toString('base64')}`;
}

function toSeconds(milliseconds: number): string {
  return String(Math.floor(milliseconds / 1000));
}
