import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { splitContent } from '../../../src/channels/shared/split-content.ts';
import { whatsappCloudCapabilities } from '../../../src/channels/whatsapp-cloud/encode.ts';
import { SendError } from '../../../src/domain/errors.ts';
import type { OutboundContent } from '../../../src/domain/message.ts';
import { failureOf } from '../../support/recorders.ts';
import { aBlob, openWorld, person, type World } from './set-up.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

const hello: OutboundContent = { type: 'text', text: 'أهلًا وسهلًا' };
const head = { messaging_product: 'whatsapp', recipient_type: 'individual', to: person };
const jpeg = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(200_000, 'x')]);
const ogg = Buffer.concat([Buffer.from('OggS'), Buffer.alloc(9_000, 'o')]);
const mp4 = Buffer.concat([Buffer.from('\0\0\0\x18ftypisom', 'latin1'), Buffer.alloc(9_000, 'v')]);
const webm = Buffer.concat([Buffer.from([0x1a, 0x45, 0xdf, 0xa3]), Buffer.alloc(9_000, 'v')]);
const webp = Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBPVP8 ', 'latin1'), Buffer.alloc(100)]);

function lastPayload(): unknown {
  return world.cloud.sent.at(-1)?.payload;
}

function toChoices(labels: readonly string[], description?: string) {
  return labels.map((label, index) => ({ id: `c${index}`, label, ...(description && { description }) }));
}

describe('what is sent', () => {
  it('is plain text without a link preview, and gives the id WhatsApp gave', async () => {
    const { platformMessageId } = await world.send({ type: 'text', text: '*1* & 2 https://example.org' });
    expect(lastPayload()).toEqual({
      ...head,
      type: 'text',
      text: { body: '*1* & 2 https://example.org', preview_url: false },
    });
    expect(platformMessageId).toBe(world.cloud.sent[0]?.id);
    expect(world.cloud.calls[0]?.path).toBe(`/v24.0/${world.cloud.phoneNumberId}/messages`);
  });

  it('goes to the id of a person who hides the number', async () => {
    await world.send(hello, { to: 'SA.13491208655302741918' });
    expect(lastPayload()).toMatchObject({ recipient: 'SA.13491208655302741918' });
    expect(lastPayload()).not.toHaveProperty('to');
  });

  it('has up to three buttons', async () => {
    await world.send({ type: 'text', text: 'هل لديكم ماء؟', choices: toChoices(['نعم', 'لا', 'لست متأكدًا']) });
    expect(lastPayload()).toEqual({
      ...head,
      type: 'interactive',
      interactive: {
        type: 'button',
        body: { text: 'هل لديكم ماء؟' },
        action: {
          buttons: [
            { type: 'reply', reply: { id: 'c0', title: 'نعم' } },
            { type: 'reply', reply: { id: 'c1', title: 'لا' } },
            { type: 'reply', reply: { id: 'c2', title: 'لست متأكدًا' } },
          ],
        },
      },
    });
  });

  it('has a list for four to ten choices, opened by a button in the language of the text', async () => {
    await world.send({
      type: 'text',
      text: 'كيف نخدمكم؟',
      choices: toChoices(['سقيا', 'بئر', 'خزان', 'برادة'], 'وصف'),
    });
    expect(lastPayload()).toEqual({
      ...head,
      type: 'interactive',
      interactive: {
        type: 'list',
        body: { text: 'كيف نخدمكم؟' },
        action: {
          button: 'اختر من القائمة',
          sections: [
            {
              rows: ['سقيا', 'بئر', 'خزان', 'برادة'].map((title, index) => ({
                id: `c${index}`,
                title,
                description: 'وصف',
              })),
            },
          ],
        },
      },
    });
    await world.send({ type: 'text', text: 'How?', choices: toChoices(['a', 'b', 'c', 'd']) });
    expect(lastPayload()).toMatchObject({ interactive: { action: { button: 'Choose' } } });
  });

  it('has a list for few choices that buttons cannot hold: described, long or of one name', async () => {
    const typeOf = async (choices: ReturnType<typeof toChoices>) => {
      await world.send({ type: 'text', text: 'x', choices });
      return (lastPayload() as { interactive: { type: string } }).interactive.type; // Every send here is interactive.
    };
    expect(await typeOf(toChoices(['a', 'b'], 'more'))).toBe('list');
    expect(await typeOf(toChoices(['a', 'x'.repeat(24)]))).toBe('list');
    expect(await typeOf(toChoices(['a', 'a']))).toBe('list');
    expect(await typeOf(toChoices(['x'.repeat(20), 'b', 'c']))).toBe('button');
  });

  it('is an approved template by its name, whole however long its text', async () => {
    world.cloud.templates.set('case_update', { language: 'ar', parameters: 2, quickReplies: 1 });
    const template = { name: 'case_update', language: 'ar', parameters: ['أم خالد', 'تمت\n\tالموافقة     اليوم'] };
    const content: OutboundContent = { type: 'text', text: 'x'.repeat(9000), choices: toChoices(['تابع']), template };
    const [only, ...rest] = splitContent(content, whatsappCloudCapabilities);
    expect(rest).toEqual([]);
    if (only) await world.send(only);
    expect(lastPayload()).toEqual({
      ...head,
      type: 'template',
      template: {
        name: 'case_update',
        language: { code: 'ar' },
        components: [
          {
            type: 'body',
            parameters: [
              { type: 'text', text: 'أم خالد' },
              { type: 'text', text: 'تمت الموافقة اليوم' },
            ],
          },
          { type: 'button', sub_type: 'quick_reply', index: '0', parameters: [{ type: 'payload', payload: 'c0' }] },
        ],
      },
    });
  });

  it('is a template without components when it has no places', async () => {
    world.cloud.templates.set('hello_world', { language: 'en_US', parameters: 0 });
    await world.send({
      type: 'text',
      text: 'Hi',
      template: { name: 'hello_world', language: 'en_US', parameters: [] },
    });
    expect(lastPayload()).toMatchObject({ template: { name: 'hello_world', language: { code: 'en_US' } } });
  });

  it.each([
    ['photo', jpeg, 'image', 'image/jpeg', { caption: 'تفضلوا' }],
    ['document', jpeg, 'document', 'image/jpeg', { caption: 'تفضلوا', filename: 'صورة "1".x' }],
    ['voice', ogg, 'audio', 'audio/ogg; codecs=opus', { voice: true }],
    ['video', mp4, 'video', 'video/mp4', { caption: 'تفضلوا' }],
    ['sticker', webp, 'sticker', 'image/webp', {}],
    // WhatsApp shows no videos and pictures of these formats: they go as documents.
    ['video', webm, 'document', 'video/webm', { caption: 'تفضلوا', filename: 'صورة "1".x' }],
    ['photo', webp, 'document', 'image/webp', { caption: 'تفضلوا', filename: 'صورة "1".x' }],
    ['voice', jpeg, 'document', 'image/jpeg', { caption: 'تفضلوا', filename: 'صورة "1".x' }],
  ] as const)('uploads a %s and shows it', async (kind, blob, type, mimeType, shown) => {
    const fileName = 'صورة "1".x';
    await world.send({ type: 'media', kind, blobId: aBlob, fileName, caption: 'تفضلوا' }, { blob });
    const [[id, uploaded] = ['', null]] = [...world.cloud.media];
    expect(uploaded?.bytes.equals(blob)).toBe(true);
    expect(uploaded).toMatchObject({ mimeType, fileName: 'صورة _1_.x' });
    expect(lastPayload()).toEqual({ ...head, type, [type]: { id, ...shown } });
  });

  it('is a location, a named place or a contact', async () => {
    await world.send({ type: 'location', latitude: 24.47, longitude: 39.61 });
    expect(lastPayload()).toEqual({ ...head, type: 'location', location: { latitude: 24.47, longitude: 39.61 } });
    await world.send({ type: 'location', latitude: 24.47, longitude: 39.61, name: 'الفرع الرئيس' });
    expect(lastPayload()).toMatchObject({ location: { name: 'الفرع الرئيس' } });
    await world.send({ type: 'contact', name: 'خدمة المستفيدين', phone: '+966500000000' });
    expect(lastPayload()).toEqual({
      ...head,
      type: 'contacts',
      contacts: [
        {
          name: { formatted_name: 'خدمة المستفيدين', first_name: 'خدمة المستفيدين' },
          phones: [{ phone: '+966500000000', type: 'WORK' }],
        },
      ],
    });
  });

  it('fits WhatsApp whatever was split for it', async () => {
    const contents: OutboundContent[] = [
      { type: 'text', text: 'كلمة '.repeat(2_000) },
      { type: 'text', text: 'كلمة '.repeat(1_500), choices: toChoices(['نعم', 'لا']) },
      { type: 'text', text: '', choices: toChoices(['نعم', 'لا']) },
      { type: 'text', text: 'x', choices: toChoices(Array.from({ length: 10 }, (_, i) => `خيار ${i}`)) },
      { type: 'text', text: 'x', choices: toChoices(Array.from({ length: 11 }, (_, i) => `خيار ${i}`)) },
      { type: 'text', text: 'x', choices: toChoices(['y'.repeat(25), 'z']) },
      { type: 'text', text: 'x', choices: toChoices(['a', 'b', 'c', 'd'], 'd'.repeat(73)) },
    ];
    const parts = contents.flatMap((content) => splitContent(content, whatsappCloudCapabilities));
    for (const part of parts) await world.send(part);
    expect(world.cloud.sent).toHaveLength(parts.length);
    const choices = parts.map((part) => (part.type === 'text' && part.choices ? part.choices.length : 0));
    expect(choices).toEqual([...[0, 0, 0], ...[0, 0, 0, 0, 2], 2, 10, 0, 0, 0]);
  });

  it('puts a caption that voice notes cannot have behind them', () => {
    const voice: OutboundContent = { type: 'media', kind: 'voice', blobId: aBlob, caption: 'استمعوا' };
    expect(splitContent(voice, whatsappCloudCapabilities)).toEqual([
      { type: 'media', kind: 'voice', blobId: aBlob },
      { type: 'text', text: 'استمعوا' },
    ]);
  });
});

describe('courtesies', () => {
  it('mark what was stored as read, the last message of each chat', async () => {
    const { cloud } = world;
    const first = cloud.toMessage(person, { type: 'text', text: { body: 'one' } });
    const second = cloud.toMessage(person, { type: 'text', text: { body: 'two' } });
    await cloud.pushMessages([first, second]);
    await expect
      .poll(() => cloud.callsOf('mark').map((call) => call.payload))
      .toEqual([{ messaging_product: 'whatsapp', status: 'read', message_id: second.id }]);
  });

  it('show that an answer is being written, beside the last message of the person', async () => {
    const { cloud, adapter } = world;
    const id = await cloud.userWrites(person, 'hi');
    await adapter.showTyping({ channel: 'whatsapp-cloud', account: 'main', chat: person });
    expect(cloud.callsOf('mark').at(-1)?.payload).toEqual({
      messaging_product: 'whatsapp',
      status: 'read',
      message_id: id,
      typing_indicator: { type: 'text' },
    });
    await adapter.showTyping({ channel: 'whatsapp-cloud', account: 'main', chat: '966500000001' });
    expect(cloud.callsOf('mark')).toHaveLength(2);
  });

  it('lose nothing when they fail', async () => {
    world.cloud.failNext('mark', { is: 'error', status: 500, code: 1 });
    await world.cloud.userWrites(person, 'hi');
    expect(world.intake.messages).toHaveLength(1);
  });
});

describe('a send that fails', () => {
  it.each([
    [429, 130429, { is: 'retryable', reason: 'throttled', afterMs: 1_000, limit: 'account' }],
    [400, 131056, { is: 'retryable', reason: 'pair-limit', afterMs: 6_000, limit: 'person' }],
    [400, 4, { is: 'retryable', reason: 'throttled', afterMs: 60_000, limit: 'account' }],
    [400, 80007, { is: 'retryable', reason: 'throttled', afterMs: 60_000, limit: 'account' }],
    [400, 131048, { is: 'retryable', reason: 'throttled', afterMs: 900_000, limit: 'account' }],
    [500, 131000, { is: 'retryable', reason: 'server-error' }],
    [503, 131016, { is: 'retryable', reason: 'server-error' }],
    [500, 999_999, { is: 'retryable', reason: 'server-error' }],
    [401, 190, { is: 'retryable', reason: 'token-refused', afterMs: 60_000 }],
    [403, 299, { is: 'retryable', reason: 'token-refused', afterMs: 60_000 }],
    [400, 131047, { is: 'held', reason: 'outside-window' }],
    [400, 131026, { is: 'final', reason: 'person-gone', gone: true }],
    [400, 131051, { is: 'final', reason: 'refused' }],
    [400, 100, { is: 'final', reason: 'refused' }],
    [400, 131030, { is: 'final', reason: 'not-a-test-recipient' }],
    [400, 132015, { is: 'final', reason: 'template-paused' }],
    [400, 999_999, { is: 'final', reason: 'refused' }],
  ] as const)('with status %i and code %i is %o', async (status, code, failure) => {
    world.cloud.failNext('send', { is: 'error', status, code });
    expect(await failureOf(world.send(hello))).toEqual(failure);
    expect(world.cloud.callsOf('send')).toHaveLength(1);
  });

  it('meets both limits of WhatsApp', async () => {
    world.cloud.limits = { perSecond: 80, pairEveryMs: 6_000, pairBurst: 2 };
    for (let sent = 0; sent < 2; sent += 1) await world.send(hello);
    expect(await failureOf(world.send(hello))).toEqual({
      is: 'retryable',
      reason: 'pair-limit',
      afterMs: 6_000,
      limit: 'person',
    });
    world.cloud.limits = { perSecond: 3, pairEveryMs: 6_000, pairBurst: 45 };
    await world.send(hello, { to: '966500000001' });
    expect(await failureOf(world.send(hello, { to: '966500000002' }))).toMatchObject({ reason: 'throttled' });
  });

  it.each([
    ['the socket dies before the send is taken', { is: 'drop-before' }, 0, 'network'],
    ['the socket dies after the send was taken', { is: 'drop-after' }, 1, 'network'],
    ['a gateway answers instead of the API', { is: 'gateway-page', status: 502 }, 0, 'server-error'],
  ] as const)('is uncertain when %s', async (_situation, fault, taken, reason) => {
    world.cloud.failNext('send', fault);
    expect(await failureOf(world.send(hello))).toEqual({ is: 'retryable', reason, uncertain: true });
    expect(world.cloud.callsOf('send')).toHaveLength(1);
    expect(world.cloud.sent).toHaveLength(taken);
  });

  it('is uncertain when the answer takes too long', async () => {
    world.cloud.failNext('send', { is: 'delay', ms: 200 });
    const failure = await failureOf(world.send(hello, { signal: AbortSignal.timeout(50) }));
    expect(failure).toEqual({ is: 'retryable', reason: 'network', uncertain: true });
    await expect.poll(() => world.cloud.sent).toHaveLength(1);
  });

  it('is certain when nobody listens, or it was given up before it began', async () => {
    expect(await failureOf(world.send(hello, { signal: AbortSignal.abort() }))).toMatchObject({ reason: 'aborted' });
    expect(world.cloud.calls).toEqual([]);
    await world.cloud.stop();
    expect(await failureOf(world.send(hello))).toEqual({ is: 'retryable', reason: 'unreachable' });
  });

  it('waits for the right token and the right number', async () => {
    const { apiRoot } = world.cloud;
    const wrongToken = await openWorld({ apiRoot, accessToken: 'wrong' });
    expect(await failureOf(wrongToken.send(hello))).toMatchObject({ is: 'retryable', reason: 'token-refused' });
    await wrongToken.close();
    const wrongNumber = await openWorld({ apiRoot, phoneNumberId: '1', accessToken: world.cloud.accessToken });
    expect(await failureOf(wrongNumber.send(hello))).toMatchObject({ is: 'retryable', reason: 'object-gone' });
    await wrongNumber.close();
  });

  it('is final for a template that was not approved', async () => {
    const template = { name: 'unknown', language: 'ar', parameters: [] };
    expect(await failureOf(world.send({ type: 'text', text: 'x', template }))).toEqual({
      is: 'final',
      reason: 'template-refused',
    });
  });

  it('is final for a file that is gone, empty or too large, and shows nothing', async () => {
    const photo: OutboundContent = { type: 'media', kind: 'photo', blobId: aBlob };
    expect(await failureOf(world.send(photo))).toEqual({ is: 'final', reason: 'file-gone' });
    expect(await failureOf(world.send(photo, { blob: Buffer.alloc(0) }))).toEqual({
      is: 'final',
      reason: 'file-empty',
    });
    const blob = Buffer.concat([jpeg, Buffer.alloc(5 * 1024 * 1024)]);
    expect(await failureOf(world.send(photo, { blob }))).toEqual({ is: 'final', reason: 'too-large' });
    expect(world.cloud.media.size).toBe(0);
    expect(world.cloud.sent).toEqual([]);
  });

  it('is certain not to have been sent when only its file was lost on the way', async () => {
    const photo: OutboundContent = { type: 'media', kind: 'photo', blobId: aBlob };
    for (const fault of [{ is: 'drop-before' }, { is: 'drop-after' }] as const) {
      world.cloud.failNext('upload', fault);
      expect(await failureOf(world.send(photo, { blob: jpeg }))).toEqual({ is: 'retryable', reason: 'network' });
    }
    world.cloud.failNext('upload', { is: 'error', status: 400, code: 131053 });
    expect(await failureOf(world.send(photo, { blob: jpeg }))).toEqual({ is: 'final', reason: 'media-refused' });
    expect(world.cloud.sent).toEqual([]);
  });

  it.each([0, 100_000])('is tried again when the file cannot be read past %i bytes', async (bytes) => {
    const broken = world.adapter.send({
      address: { channel: 'whatsapp-cloud', account: 'main', chat: person },
      content: { type: 'media', kind: 'photo', blobId: aBlob },
      openBlob: async () => breakingAfter(bytes),
      signal: AbortSignal.timeout(5_000),
      messageId: 'm1',
    });
    expect(await failureOf(broken)).toEqual({ is: 'retryable', reason: 'file-unreadable' });
    expect(world.cloud.media.size).toBe(0);
  });

  it('tells neither the text, the number nor the token', async () => {
    for (const fault of [{ is: 'drop-before' }, { is: 'error', status: 400, code: 100 }] as const) {
      world.cloud.failNext('send', fault);
      const error: unknown = await world.send(hello).catch((reason: unknown) => reason);
      if (!(error instanceof SendError)) throw new Error('expected a SendError');
      const told = `${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;
      for (const secret of [world.cloud.accessToken, 'أهلًا', person]) expect(told).not.toContain(secret);
    }
  });
});

describe('the budget', () => {
  it('names a bucket for the number and one for each person, without their phone', () => {
    const budgetOf = (chat: string) =>
      world.adapter.budget?.({ channel: 'whatsapp-cloud', account: 'main', chat }) ?? [];
    const [number, pair] = budgetOf(person);
    expect(number?.key).toContain(world.cloud.phoneNumberId);
    expect((number?.capacity ?? 0) + (number?.refillPerSecond ?? 0)).toBeLessThanOrEqual(80);
    expect(pair?.capacity).toBeLessThanOrEqual(45);
    expect(pair?.refillPerSecond).toBeCloseTo(1 / 6);
    expect(pair?.key).not.toContain(person);
    expect(budgetOf('966500000001')[1]?.key).not.toBe(pair?.key);
  });
});

async function* breakingAfter(bytes: number): AsyncGenerator<Uint8Array> {
  if (bytes > 0) yield Buffer.concat([jpeg.subarray(0, 4), Buffer.alloc(bytes)]);
  throw new Error('the disk is gone');
}
