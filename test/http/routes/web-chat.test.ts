import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { toId } from '../../../src/domain/ids.ts';
import { defaultChatLimits } from '../../../src/http/web-chat/limits.ts';
import { readEvents, type ReadEvent } from '../../support/chat-events.ts';
import { generousLimits, startChatSite, type ChatSite } from '../../support/chat-site.ts';
import { pollUntil } from '../../support/poll-until.ts';

const open: ChatSite[] = [];
afterEach(async () => {
  for (const site of open.splice(0)) await site.close();
});

async function startSite(options: Parameters<typeof startChatSite>[0] = {}): Promise<ChatSite> {
  const site = await startChatSite(options);
  open.push(site);
  return site;
}

const text = (value: string) => ({ type: 'text', text: value }) as const;

function post(site: ChatSite, token: string | null, body: unknown, path = 'messages'): Promise<Response> {
  return fetch(`${site.url}/api/chat/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

function say(site: ChatSite, token: string, words: string, id: string = randomUUID()): Promise<Response> {
  return post(site, token, { id, content: text(words), language: 'ar' });
}

function upload(
  site: ChatSite,
  token: string,
  bytes: Uint8Array,
  fields: Record<string, string> = {},
): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries({ id: randomUUID(), ...fields })) form.append(name, value);
  form.append('file', new Blob([Buffer.from(bytes)], { type: 'image/png' }), '../../صورة البئر.png');
  return fetch(`${site.url}/api/chat/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: form,
  });
}

interface Line {
  readonly id: string;
  readonly order: string;
  readonly from: string;
  readonly content: { readonly type: string; readonly text?: string };
}

async function openStream(site: ChatSite, token: string, lastEventId?: string) {
  const controller = new AbortController();
  const response = await fetch(`${site.url}/api/chat/events`, {
    headers: { authorization: `Bearer ${token}`, ...(lastEventId ? { 'last-event-id': lastEventId } : {}) },
    signal: controller.signal,
  });
  const events: ReadEvent[] = [];
  const ended = (async () => {
    for await (const event of readEvents(response)) events.push(event);
  })();
  return {
    response,
    events,
    ended,
    lines: () => events.filter((each) => each.event === 'line').map((each) => each.data as Line),
    ready: () => pollUntil('the stream is ready', () => events.some((each) => each.event === 'ready')),
    stop: () => controller.abort(),
  };
}

const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(9_000, 7)]);

describe('a chat session', () => {
  it('is needed for everything, and a token works only as a bearer', async () => {
    const site = await startSite();
    const token = await site.newSession();
    expect((await post(site, null, { id: randomUUID(), content: text('x') })).status).toBe(401);
    expect((await post(site, `${token.slice(0, -1)}_`, { id: randomUUID(), content: text('x') })).status).toBe(401);
    for (const path of ['events', 'files/x', `events?token=${token}`]) {
      expect((await fetch(`${site.url}/api/chat/${path}`)).status).toBe(401);
    }
  });

  it('is renewed by its own token and stays the same chat', async () => {
    const site = await startSite();
    const token = await site.newSession();
    const renewed = await post(site, token, {}, 'sessions');
    expect(renewed.status).toBe(201);
    expect(renewed.headers.get('cache-control')).toBe('no-store');
    const { token: second } = (await renewed.json()) as { token: string };
    expect(await site.addressOf(second)).toEqual(await site.addressOf(token));
  });
});

describe('a message', () => {
  it('is answered 202 once stored, and appears with its answer, in order', async () => {
    const site = await startSite();
    const token = await site.newSession();
    const stream = await openStream(site, token);
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const answered = await say(site, token, 'السلام عليكم');
    expect(answered.status).toBe(202);
    const { lineId } = (await answered.json()) as { lineId: string };
    await pollUntil('two lines', () => stream.lines().length === 2);
    expect(stream.lines()).toMatchObject([
      { id: lineId, from: 'me', content: text('السلام عليكم') },
      { from: 'bot', content: text('> السلام عليكم') },
    ]);
    stream.stop();
  });

  it('sent again with the same id is the same message', async () => {
    const site = await startSite();
    const token = await site.newSession();
    const id = randomUUID();
    const answers = await Promise.all([1, 2, 3].map(() => say(site, token, 'مرحبا', id)));
    const lineIds = await Promise.all(answers.map(async (each) => ((await each.json()) as { lineId: string }).lineId));
    expect(new Set(lineIds).size).toBe(1);
    const stream = await openStream(site, token);
    await pollUntil('both lines', () => stream.lines().length >= 2);
    await say(site, token, 'مرحبا', id);
    await say(site, token, 'ثانية');
    await pollUntil('the next message', () => stream.lines().some((line) => line.content.text === '> ثانية'));
    expect(stream.lines().map((line) => line.content.text)).toEqual(['مرحبا', '> مرحبا', 'ثانية', '> ثانية']);
    stream.stop();
  });

  it('keeps no control characters and no halves of characters', async () => {
    const site = await startSite();
    const token = await site.newSession();
    const stream = await openStream(site, token);
    await post(site, token, `{"id":"${randomUUID()}","content":{"type":"text","text":" a\\u0000\\ud800b\\r\\nc "}}`);
    await pollUntil('the line', () => stream.lines().length > 0);
    expect(stream.lines()[0]?.content.text).toBe('a\uFFFDb\nc');
    stream.stop();
  });

  it.each([
    ['a blank text', { id: randomUUID(), content: text(' \u0000 ') }],
    ['no id', { content: text('x') }],
    ['an id that is none', { id: 'x', content: text('x') }],
    ['a type nobody knows', { id: randomUUID(), content: { type: 'media', fileId: 'x' } }],
    ['a text of 4,001 characters', { id: randomUUID(), content: text('م'.repeat(4_001)) }],
    ['a place outside the world', { id: randomUUID(), content: { type: 'location', latitude: 91, longitude: 0 } }],
    ['a list', [1, 2]],
    ['null', null],
    ['no JSON', '{"id":'],
  ])('with %s is refused with 400 and repeats nothing of it', async (_what, body) => {
    const site = await startSite();
    const answer = await post(site, await site.newSession(), body);
    expect(answer.status).toBe(400);
    expect(await answer.text()).not.toContain('ممم');
  });

  it('over the size of a body is refused with 413', async () => {
    const site = await startSite();
    const answer = await say(site, await site.newSession(), 'x'.repeat(100_000));
    expect(answer.status).toBe(413);
  });

  it('is never answered with a server error, whatever its body is', async () => {
    const site = await startSite({ bot: () => [] });
    const token = await site.newSession();
    const anyContent = fc.oneof(
      fc.record({
        type: fc.constant('text'),
        text: fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.jsonValue()),
      }),
      fc.record({ type: fc.constant('choice'), choiceId: fc.oneof(fc.string({ unit: 'binary' }), fc.integer()) }),
      fc.record({ type: fc.constant('location'), latitude: fc.double(), longitude: fc.double() }),
      fc.jsonValue(),
    );
    const anyBody = fc.oneof(
      fc.jsonValue({ maxDepth: 30 }).map((value) => JSON.stringify(value)),
      fc
        .record({
          id: fc.oneof(fc.uuid(), fc.jsonValue()),
          content: anyContent,
          language: fc.oneof(fc.string(), fc.jsonValue()),
        })
        .map((value) => JSON.stringify(value)),
      fc.string({ unit: 'binary' }),
      fc.integer({ min: 1, max: 5_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
    );
    await fc.assert(
      fc.asyncProperty(anyBody, async (body) => {
        const { status } = await post(site, token, body);
        expect(status === 202 || (status >= 400 && status < 500)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('what the page must not see', () => {
  it("is an officer's note, an officer's name, and a message that was not sent", async () => {
    const site = await startSite();
    const token = await site.newSession();
    const address = await site.addressOf(token);
    await site.note(address, 'يبدو أنه محتاج');
    await site.write(address, [text('قيد الانتظار')], { status: 'queued' });
    await site.write(address, [text('فشلت')], { status: 'failed' });
    await site.write(address, [text('معلقة')], { status: 'held' });
    await site.write(address, [text('أهلًا، معك الموظف')], { author: { is: 'officer', officerId: toId('officer-7') } });
    const stream = await openStream(site, token);
    await stream.ready();
    expect(stream.lines()).toMatchObject([{ from: 'officer', content: text('أهلًا، معك الموظف') }]);
    expect(JSON.stringify(stream.events)).not.toContain('officer-7');
    stream.stop();
  });

  it("is another person's conversation", async () => {
    const site = await startSite();
    const [mine, theirs] = [await site.newSession(), await site.newSession()];
    const stream = await openStream(site, mine);
    await stream.ready();
    await say(site, theirs, 'سر');
    const other = await openStream(site, theirs);
    await pollUntil('their line', () => other.lines().length === 2);
    await say(site, mine, 'لي');
    await pollUntil('my line', () => stream.lines().length === 2);
    expect(stream.lines().map((line) => line.content.text)).toEqual(['لي', '> لي']);
    const file = (await (await upload(site, theirs, png)).json()) as { lineId: string };
    const look = await fetch(`${site.url}/api/chat/files/${file.lineId}`, {
      headers: { authorization: `Bearer ${mine}` },
    });
    expect(look.status).toBe(404);
    stream.stop();
    other.stop();
  });
});

describe('the event stream', () => {
  it('resumes after every cut with nothing lost, nothing twice and all in order', async () => {
    const site = await startSite();
    const token = await site.newSession();
    const address = await site.addressOf(token);
    const seen: Line[] = [];
    let isDone = false;
    const reader = (async () => {
      for (let last: string | undefined; !isDone;) {
        const stream = await openStream(site, token, last).catch(() => null);
        if (!stream) continue;
        await Promise.race([stream.ended, pollUntil('the end', () => isDone, 60_000)]);
        seen.push(...stream.lines());
        last = seen.at(-1)?.order ?? last;
        stream.stop();
      }
    })();
    const written: string[] = [];
    for (let index = 0; index < 120; index += 1) {
      const [message] = await site.write(address, [text(`رسالة ${index}`)]);
      if (!message) throw new Error('nothing was written');
      written.push(message.id);
      await site.send(message);
      if (index % 7 === 3) site.cutSockets();
    }
    await new Promise((done) => setTimeout(done, 300));
    isDone = true;
    await reader;
    expect(seen.map((line) => line.id)).toEqual(written);
  });

  it('finds by itself what no news told of', { timeout: 15_000 }, async () => {
    const site = await startSite();
    const token = await site.newSession();
    const stream = await openStream(site, token);
    await stream.ready();
    await site.write(await site.addressOf(token), [text('بلا خبر')]);
    await pollUntil('the line', () => stream.lines().length === 1, 9_000);
    stream.stop();
  });

  it('begins with the newest fifty lines', async () => {
    const site = await startSite();
    const token = await site.newSession();
    const address = await site.addressOf(token);
    for (let index = 0; index < 60; index += 1) await site.write(address, [text(String(index))]);
    const stream = await openStream(site, token);
    await stream.ready();
    expect(stream.lines().map((line) => line.content.text)).toEqual(
      Array.from({ length: 50 }, (_, at) => String(at + 10)),
    );
    stream.stop();
  });

  it('says when so much was missed that the page begins anew', async () => {
    const site = await startSite();
    const token = await site.newSession();
    const address = await site.addressOf(token);
    const [first] = await site.write(address, [text('الأولى')]);
    for (let index = 0; index < 260; index += 1) await site.write(address, [text(String(index))]);
    const stream = await openStream(site, token, first?.order);
    await stream.ready();
    expect(stream.events[0]?.event).toBe('reset');
    expect(stream.lines()).toHaveLength(50);
    expect(stream.lines().at(-1)?.content.text).toBe('259');
    stream.stop();
  });

  it('gives the place of the oldest to a fourth, and tells it', async () => {
    const site = await startSite();
    const token = await site.newSession();
    const streams = [];
    for (let index = 0; index < 4; index += 1) {
      const stream = await openStream(site, token);
      await stream.ready();
      streams.push(stream);
    }
    await streams[0]?.ended;
    expect(streams.map((stream) => stream.events.some((each) => each.event === 'replaced'))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    for (const stream of streams) stream.stop();
  });

  it('is refused with 429 when an address has too many', async () => {
    const site = await startSite({
      streamLimits: { perConversation: 3, perAddress: 2, total: 100, bufferBytes: 10_000 },
    });
    const streams = [];
    for (let index = 0; index < 3; index += 1) streams.push(await openStream(site, await site.newSession()));
    expect(streams.map((stream) => stream.response.status)).toEqual([200, 200, 429]);
    expect(streams[2]?.response.headers.get('retry-after')).toBe('30');
    for (const stream of streams) stream.stop();
  });

  it('lets the server close while it is open', async () => {
    const site = await startChatSite();
    const stream = await openStream(site, await site.newSession());
    await stream.ready();
    await site.close();
    await stream.ended;
  });
});

describe('a file', () => {
  it('is kept, becomes a message, and opens again for its person, whatever its name says', async () => {
    const site = await startSite();
    const token = await site.newSession();
    const stream = await openStream(site, token);
    const answer = await upload(site, token, png, { caption: 'صورة البئر' });
    expect(answer.status).toBe(202);
    const { lineId } = (await answer.json()) as { lineId: string };
    await pollUntil('the line', () => stream.lines().length === 1);
    expect(stream.lines()[0]).toMatchObject({
      id: lineId,
      from: 'me',
      content: { type: 'media', kind: 'photo', fileName: 'صورة البئر.png', caption: 'صورة البئر' },
    });
    const file = await fetch(`${site.url}/api/chat/files/${lineId}`, { headers: { authorization: `Bearer ${token}` } });
    expect(file.headers.get('content-type')).toBe('image/png');
    expect(file.headers.get('content-disposition')).toBe('attachment');
    expect(Buffer.from(await file.arrayBuffer()).equals(png)).toBe(true);
    stream.stop();
  });

  it('is said to be removed when its time was over, to whoever sent it', async () => {
    const site = await startSite();
    const [token, other] = [await site.newSession(), await site.newSession()];
    const stream = await openStream(site, token);
    const { lineId } = (await (await upload(site, token, png)).json()) as { lineId: string };
    await pollUntil('the line', () => stream.lines().length === 1);
    stream.stop();
    const line = await site.repositories.messages.get(lineId);
    await site.repositories.messages.setAttachment(lineId, { ...line!.attachment!, state: { is: 'removed' } });
    const look = (as: string) =>
      fetch(`${site.url}/api/chat/files/${lineId}`, { headers: { authorization: `Bearer ${as}` } });
    const answer = await look(token);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([410, 'file-removed']);
    expect((await look(other)).status).toBe(404);
    const again = await openStream(site, token);
    await pollUntil('the line', () => again.lines().length === 1);
    expect(again.lines()[0]).toMatchObject({ content: { type: 'media', kind: 'photo', gone: 'removed' } });
    again.stop();
  });

  it('opens for the runtime as the upload it was', async () => {
    const site = await startSite();
    const { lineId } = (await (await upload(site, await site.newSession(), png)).json()) as { lineId: string };
    const pieces = [];
    for await (const piece of await site.channel.openMedia({ fileId: lineId }, AbortSignal.timeout(1_000)))
      pieces.push(piece);
    expect(Buffer.concat(pieces).equals(png)).toBe(true);
    await expect(site.channel.openMedia({ fileId: 'gone' }, AbortSignal.timeout(1_000))).rejects.toMatchObject({
      failure: { is: 'final' },
    });
  });

  it.each([
    ['a page that calls itself a picture', Buffer.from('<html><script>1</script>'), 400],
    ['nothing', Buffer.alloc(0), 400],
    ['a film', Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypisom'), Buffer.alloc(5_000)]), 400],
    ['a picture over 10 MB', Buffer.concat([png, Buffer.alloc(10 * 1024 * 1024)]), 413],
  ])('that is %s is refused and not kept', async (_what, bytes, status) => {
    const site = await startSite();
    const token = await site.newSession();
    expect((await upload(site, token, bytes)).status).toBe(status);
    // The server is none the worse for it.
    expect((await say(site, token, 'بعده')).status).toBe(202);
  });

  it('of exactly 10 MB is taken', async () => {
    const site = await startSite();
    const answer = await upload(
      site,
      await site.newSession(),
      Buffer.concat([png, Buffer.alloc(10 * 1024 * 1024 - png.length)]),
    );
    expect(answer.status).toBe(202);
  });

  it.each([
    ['without an id', { id: '' }],
    ['with a language that is none', { language: '../..' }],
    ['with too many fields', { a: '1', b: '2', c: '3', d: '4' }],
  ])('%s is refused', async (_what, fields) => {
    const site = await startSite();
    const { status } = await upload(site, await site.newSession(), png, fields);
    expect([400, 413]).toContain(status);
  });

  it('that breaks off is refused and not kept', async () => {
    const site = await startSite();
    const token = await site.newSession();
    const id = randomUUID();
    const part = (name: string) => `--b\r\ncontent-disposition: form-data; name="${name}"`;
    const response = await fetch(`${site.url}/api/chat/files`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'multipart/form-data; boundary=b' },
      body: Buffer.concat([Buffer.from(`${part('id')}\r\n\r\n${id}\r\n${part('file')}; filename="a"\r\n\r\n`), png]),
    });
    expect(response.status).toBe(400);
    expect((await say(site, token, 'بعده')).status).toBe(202);
  });

  it('is never answered with a server error, whatever the form is', async () => {
    const site = await startSite({ bot: () => [] });
    const token = await site.newSession();
    const anyForm = fc.oneof(
      fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
      fc
        .tuple(fc.string(), fc.uint8Array({ maxLength: 100 }), fc.boolean())
        .map(([name, bytes, isWhole]) =>
          Buffer.concat([
            Buffer.from(`--b\r\ncontent-disposition: form-data; name="${name}"; filename="${name}"\r\n\r\n`),
            bytes,
            Buffer.from(isWhole ? '\r\n--b--\r\n' : ''),
          ]),
        ),
    );
    await fc.assert(
      fc.asyncProperty(anyForm, async (body) => {
        const { status } = await fetch(`${site.url}/api/chat/files`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'multipart/form-data; boundary=b' },
          body: new Uint8Array(body),
        });
        expect(status >= 400 && status < 500).toBe(true);
      }),
      { numRuns: 150 },
    );
  });
});

describe('limits', () => {
  it('answer a burst of one session with 429, Retry-After and a kind word, and spare the others', async () => {
    const site = await startSite({ limits: { ...generousLimits, burstPerSession: defaultChatLimits.burstPerSession } });
    const [hasty, calm] = [await site.newSession(), await site.newSession()];
    const statuses: number[] = [];
    for (let index = 0; index < 6; index += 1) statuses.push((await say(site, hasty, 'x')).status);
    const refused = await say(site, hasty, 'x');
    expect(statuses).toEqual([202, 202, 202, 202, 202, 202]);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await refused.json()).toMatchObject({
      code: 'too-many-requests',
      message: expect.stringContaining('Please') as string,
    });
    expect((await say(site, calm, 'x')).status).toBe(202);
  });

  it('hold for a minute of one session too', async () => {
    const site = await startSite({
      limits: { ...generousLimits, messagesPerSession: defaultChatLimits.messagesPerSession },
    });
    const token = await site.newSession();
    const statuses: number[] = [];
    for (let index = 0; index < 21; index += 1) statuses.push((await say(site, token, 'x')).status);
    expect(statuses.filter((status) => status === 202)).toHaveLength(20);
    expect(statuses.at(-1)).toBe(429);
  });

  it('count new sessions by address', async () => {
    const site = await startSite({
      limits: { ...generousLimits, sessionsPerAddress: defaultChatLimits.sessionsPerAddress },
    });
    const statuses = [];
    for (let index = 0; index < 31; index += 1) statuses.push((await post(site, null, {}, 'sessions')).status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(30);
    expect(statuses.at(-1)).toBe(429);
  });
});
