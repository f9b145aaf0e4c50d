import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SendError } from '../../../src/domain/errors.ts';
import type { OutboundContent } from '../../../src/domain/message.ts';
import { failureOf } from '../../support/recorders.ts';
import { aBlob, openWorld, type World } from './set-up.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
  world.telegram.world.openChat(7);
});
afterEach(() => world.close());

const hello: OutboundContent = { type: 'text', text: 'أهلًا وسهلًا' };

async function* breaking(): AsyncGenerator<Uint8Array> {
  yield Buffer.alloc(100_000);
  throw new Error('the disk is gone');
}

describe('what is sent', () => {
  it('is plain text without a link preview', async () => {
    const { platformMessageId } = await world.send(7, { type: 'text', text: '<b>1 & 2</b> *x* https://example.org' });
    const [call] = world.telegram.callsOf('sendMessage');
    expect(call?.payload).toEqual({
      chat_id: '7',
      text: '<b>1 & 2</b> *x* https://example.org',
      link_preview_options: { is_disabled: true },
    });
    expect(platformMessageId).toBe(String(call?.messageId));
  });

  it('has two short buttons beside each other', async () => {
    const choices = ['نعم', 'لا', 'لست متأكدًا'].map((label, index) => ({ id: `c${index}`, label }));
    await world.send(7, { type: 'text', text: 'هل لديكم ماء؟', choices });
    expect(world.telegram.callsOf('sendMessage')[0]?.payload.reply_markup).toEqual({
      inline_keyboard: [
        [
          { text: 'نعم', callback_data: 'c0' },
          { text: 'لا', callback_data: 'c1' },
        ],
        [{ text: 'لست متأكدًا', callback_data: 'c2' }],
      ],
    });
  });

  it('has one long button in a row', async () => {
    const choices = [
      { id: 'a', label: 'أريد أن أطلب سقيا ماء لمسجد الحي' },
      { id: 'b', label: 'لا' },
    ];
    await world.send(7, { type: 'text', text: 'كيف نخدمكم؟', choices });
    expect(world.telegram.sentTo(7)[0]?.reply_markup?.inline_keyboard.map((row) => row.length)).toEqual([1, 1]);
  });

  it.each([
    ['photo', 'sendPhoto', 'photo', 'صورة الخزان.jpg'],
    ['document', 'sendDocument', 'document', 'my file; "copy".pdf'],
    ['voice', 'sendVoice', 'voice', 'note.ogg'],
    ['audio', 'sendAudio', 'audio', 'lesson.mp3'],
    ['video', 'sendVideo', 'video', 'well.mp4'],
  ] as const)('uploads a %s', async (kind, method, field, fileName) => {
    const bytes = Buffer.alloc(200_000, kind);
    await world.send(7, { type: 'media', kind, blobId: aBlob, fileName, caption: 'تفضلوا' }, { blob: bytes });
    const { payload } = world.telegram.callsOf(method)[0] ?? {};
    expect(payload).toMatchObject({ chat_id: '7', caption: 'تفضلوا' });
    const file = world.telegram.world.files.get(String(payload?.[field]));
    expect(file?.bytes.equals(bytes)).toBe(true);
    expect(file?.fileName).toBe(fileName.replaceAll('"', '_'));
  });

  it('uploads a sticker without a caption', async () => {
    await world.send(7, { type: 'media', kind: 'sticker', blobId: aBlob }, { blob: Buffer.from('RIFF') });
    expect(Object.keys(world.telegram.callsOf('sendSticker')[0]?.payload ?? {})).toEqual(['chat_id', 'sticker']);
  });

  it('is a location, a named place or a contact', async () => {
    await world.send(7, { type: 'location', latitude: 24.47, longitude: 39.61 });
    await world.send(7, { type: 'location', latitude: 24.47, longitude: 39.61, name: 'الفرع الرئيس' });
    await world.send(7, { type: 'contact', name: 'خدمة المستفيدين', phone: '+966500000000' });
    const [location, venue, contact] = world.telegram.calls;
    expect(location).toMatchObject({
      method: 'sendLocation',
      payload: { chat_id: '7', latitude: 24.47, longitude: 39.61 },
    });
    expect(venue).toMatchObject({
      method: 'sendVenue',
      payload: { title: 'الفرع الرئيس', address: '24.47, 39.61', latitude: 24.47, longitude: 39.61 },
    });
    expect(contact).toMatchObject({
      method: 'sendContact',
      payload: { chat_id: '7', phone_number: '+966500000000', first_name: 'خدمة المستفيدين' },
    });
  });

  it('shows that an answer is being written', async () => {
    await world.adapter.showTyping?.({ channel: 'telegram', account: 'main', chat: '7' });
    expect(world.telegram.world.chatActions).toEqual([{ chatId: 7, action: 'typing' }]);
    await world.adapter.showTyping?.({ channel: 'telegram', account: 'main', chat: '404' });
  });
});

describe('a send that fails', () => {
  it('waits as long as Telegram asks', async () => {
    world.telegram.failNext('sendMessage', { is: 'throttled', retryAfterSeconds: 3 });
    const throttled = { is: 'retryable', reason: 'throttled', afterMs: 3000 };
    expect(await failureOf(world.send(7, hello))).toEqual({ ...throttled, limit: 'person' });
    expect(world.telegram.callsOf('sendMessage')).toHaveLength(1);
  });

  it('is laid to the chat, and to the whole bot when another chat is refused meanwhile', async () => {
    world.telegram.failNext('sendMessage', { is: 'throttled', retryAfterSeconds: 3 }, 4);
    expect(await failureOf(world.send(7, hello))).toMatchObject({ limit: 'person' });
    expect(await failureOf(world.send(7, hello))).toMatchObject({ limit: 'person' });
    expect(await failureOf(world.send(8, hello))).toMatchObject({ limit: 'account', afterMs: 3000 });
    expect(await failureOf(world.send(7, hello))).toMatchObject({ limit: 'account' });
  });

  it('meets the limits of a chat', async () => {
    world.telegram.limits = { perChatPerSecond: 1, perChatBurst: 3, overallPerSecond: 30, groupPerMinute: 20 };
    for (let sent = 0; sent < 3; sent += 1) await world.send(7, hello);
    expect(await failureOf(world.send(7, hello))).toMatchObject({ is: 'retryable', reason: 'throttled' });
  });

  it('is tried again after an error of the server', async () => {
    world.telegram.failNext('sendMessage', { is: 'status', status: 500 });
    expect(await failureOf(world.send(7, hello))).toEqual({ is: 'retryable', reason: 'server-error' });
  });

  it.each([
    ['the socket dies before the send is taken', { is: 'drop-before' }, 0],
    ['the socket dies after the send was taken', { is: 'drop-after' }, 1],
    ['a gateway answers instead of Telegram', { is: 'gateway-page', status: 502 }, 0],
  ] as const)('is uncertain when %s', async (_situation, fault, taken) => {
    world.telegram.failNext('sendMessage', fault);
    expect(await failureOf(world.send(7, hello))).toEqual({ is: 'retryable', reason: 'network', uncertain: true });
    // Sent by one call only: nothing tries again by itself.
    expect(world.telegram.callsOf('sendMessage')).toHaveLength(1);
    expect(world.telegram.sentTo(7)).toHaveLength(taken);
    if (fault.is !== 'gateway-page') expect(world.telegram.calls[0]?.answer).toBe('lost');
  });

  it('is uncertain when the answer takes too long', async () => {
    world.telegram.failNext('sendMessage', { is: 'delay', ms: 300 });
    expect(await failureOf(world.send(7, hello, { signal: AbortSignal.timeout(50) }))).toMatchObject({
      is: 'retryable',
      uncertain: true,
    });
    await world.telegram.until(() => world.telegram.calls[0]?.taken);
    expect(world.telegram.calls[0]?.answer).toBe('lost');
  });

  it('is certain when nobody listens, or it was given up before it began', async () => {
    expect(await failureOf(world.send(7, hello, { signal: AbortSignal.abort() }))).toEqual({
      is: 'retryable',
      reason: 'aborted',
    });
    expect(world.telegram.calls).toEqual([]);
    await world.telegram.stop();
    expect(await failureOf(world.send(7, hello))).toEqual({ is: 'retryable', reason: 'unreachable' });
  });

  it.each(['blocked', 'deactivated'] as const)('is final when the person has %s', async (barrier) => {
    world.telegram.userLeaves(7, barrier);
    expect(await failureOf(world.send(7, hello))).toEqual({ is: 'final', reason: 'person-gone', gone: true });
  });

  it('is final for a chat that is not there', async () => {
    expect(await failureOf(world.send(404, hello))).toEqual({ is: 'final', reason: 'person-gone', gone: true });
  });

  it('is final when Telegram refuses the content', async () => {
    const text = 'x'.repeat(4097);
    expect(await failureOf(world.send(7, { type: 'text', text }))).toMatchObject({ is: 'final' });
    const choices = [{ id: 'é'.repeat(33), label: 'too long an id' }];
    expect(await failureOf(world.send(7, { type: 'text', text: 'x', choices }))).toEqual({
      is: 'final',
      reason: 'refused',
    });
  });

  it('waits for the right token', async () => {
    const other = await openWorld({ apiRoot: world.telegram.apiRoot, token: '111:wrong' });
    expect(await failureOf(other.send(7, hello))).toEqual({
      is: 'retryable',
      reason: 'token-refused',
      afterMs: 60_000,
    });
    await other.close();
  });

  it('is final for a file that is gone, empty or too large', async () => {
    const photo: OutboundContent = { type: 'media', kind: 'photo', blobId: aBlob };
    expect(await failureOf(world.send(7, photo))).toEqual({ is: 'final', reason: 'file-gone' });
    expect(await failureOf(world.send(7, photo, { blob: Buffer.alloc(0) }))).toMatchObject({ is: 'final' });
    const blob = Buffer.alloc(10 * 1024 * 1024 + 1);
    const uploads = world.telegram.callsOf('sendPhoto').length;
    expect(await failureOf(world.send(7, photo, { blob }))).toEqual({ is: 'final', reason: 'too-large' });
    // The upload was broken off: Telegram never got the whole of it.
    expect(world.telegram.callsOf('sendPhoto')).toHaveLength(uploads);
    expect(world.telegram.sentTo(7)).toEqual([]);
  });

  it('is tried again, and certain not to have been taken, when the file cannot be read to its end', async () => {
    const photo: OutboundContent = { type: 'media', kind: 'photo', blobId: aBlob };
    const broken = world.adapter.send({
      address: { channel: 'telegram', account: 'main', chat: '7' },
      content: photo,
      openBlob: async () => breaking(),
      signal: AbortSignal.timeout(5000),
      messageId: 'm1',
    });
    expect(await failureOf(broken)).toEqual({ is: 'retryable', reason: 'file-unreadable' });
    expect(world.telegram.sentTo(7)).toEqual([]);
  });

  it('tells neither the text nor the token', async () => {
    world.telegram.fault = (method) => (method === 'sendMessage' ? { is: 'drop-before' } : undefined);
    for (const barrier of [null, 'blocked'] as const) {
      if (barrier) {
        world.telegram.fault = null;
        world.telegram.userLeaves(7, barrier);
      }
      const error: unknown = await world.send(7, hello).catch((reason: unknown) => reason);
      if (!(error instanceof SendError)) throw new Error('expected a SendError');
      const cause = error.cause instanceof Error ? { ...error.cause, text: error.cause.message } : null;
      const told = `${error.stack} ${JSON.stringify({ ...error, cause })}`;
      expect(told).not.toContain(world.telegram.token);
      expect(told).not.toContain('أهلًا');
    }
  });
});
