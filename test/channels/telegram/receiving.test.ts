import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SendError } from '../../../src/domain/errors.ts';
import type { InboundContent, InboundMessage } from '../../../src/domain/message.ts';
import { innerAddresses, openStranger } from '../../support/stranger.ts';
import { openWorld, type World } from './set-up.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
  await world.adapter.start(world.intake);
});
afterEach(() => world.close());

async function nextMessage(act: () => unknown): Promise<InboundMessage> {
  const { telegram, intake } = world;
  const count = intake.messages.length;
  act();
  await telegram.until(() => intake.messages.length > count);
  const message = intake.messages.at(-1);
  if (!message) throw new Error('unreachable: there is one more than before');
  return message;
}

async function read(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const jpeg = { bytes: Buffer.from('JPEG bytes'), fileName: 'a.jpg', mimeType: 'image/jpeg' };

describe('what a person sends', () => {
  it.each<[string, object, InboundContent]>([
    ['a command', { text: '/start@wasl_test_bot visit' }, { type: 'text', text: '/start visit' }],
    [
      'a location',
      { location: { latitude: 24.4, longitude: 39.6 } },
      { type: 'location', latitude: 24.4, longitude: 39.6 },
    ],
    [
      'a place',
      {
        location: { latitude: 24.4, longitude: 39.6 },
        venue: { location: { latitude: 24.4, longitude: 39.6 }, title: 'مسجد قباء', address: 'المدينة' },
      },
      { type: 'location', latitude: 24.4, longitude: 39.6, name: 'مسجد قباء' },
    ],
    [
      "somebody's contact",
      { contact: { phone_number: '966500000000', first_name: 'Sara', last_name: 'A', user_id: 9 } },
      { type: 'contact', name: 'Sara A', phone: '966500000000' },
    ],
    ['a poll', { poll: { id: '1', question: '?' } }, { type: 'unsupported', what: 'poll' }],
  ])('arrives: %s', async (_what, content, expected) => {
    const message = await nextMessage(() => world.telegram.userSends(7, content));
    expect(message.content).toEqual(expected);
    expect(message.sender.phone).toBeUndefined();
  });

  it("arrives: the person's own contact, with the number it proves", async () => {
    const contact = { phone_number: '966500000000', first_name: 'Salma', user_id: 7 };
    const message = await nextMessage(() => world.telegram.userSends(7, { contact }));
    expect(message.sender.phone).toBe('+966500000000');
  });

  it('arrives: a photo in its largest size, which can be opened', async () => {
    const message = await nextMessage(() => world.telegram.userSendsFile(7, 'photo', jpeg, { caption: 'الخزان' }));
    expect(message.content).toMatchObject({
      type: 'media',
      media: { kind: 'photo', sizeBytes: 10 },
      caption: 'الخزان',
    });
    if (message.content.type !== 'media') throw new Error('unreachable');
    const { media } = message.content;
    expect(await read(await world.adapter.openMedia(media, AbortSignal.timeout(5000)))).toBe('JPEG bytes');
  });

  it('arrives: an album, one message each with the album they share', async () => {
    const { telegram, intake } = world;
    for (let index = 0; index < 3; index += 1) telegram.userSendsFile(7, 'photo', jpeg, { media_group_id: 'g1' });
    await telegram.until(() => intake.messages.length === 3);
    expect(intake.messages.map(({ content }) => content.type === 'media' && content.albumId)).toEqual([
      'g1',
      'g1',
      'g1',
    ]);
  });

  it.each(['document', 'voice', 'audio', 'video', 'sticker'] as const)('arrives: a %s', async (kind) => {
    const upload = { bytes: Buffer.from('bytes'), fileName: 'f.bin', mimeType: 'x/y' };
    const { content } = await nextMessage(() => world.telegram.userSendsFile(7, kind, upload));
    expect(content).toMatchObject({
      type: 'media',
      media: { kind, fileName: 'f.bin', mimeType: 'x/y', sizeBytes: 5, durationSeconds: 4 },
    });
  });

  it('arrives: an edit, under the id of its message', async () => {
    const { telegram } = world;
    const sent = telegram.userWrites(7, 'typo');
    const edit = await nextMessage(() => telegram.userEdits(sent, 'fixed'));
    expect(edit).toMatchObject({
      platformMessageId: String(sent.message_id),
      kind: 'edit',
      content: { type: 'text', text: 'fixed' },
    });
    expect(edit.editedAt).toBe((sent.edit_date ?? 0) * 1000);
  });

  it('arrives: a tap, and Telegram is answered once it is stored', async () => {
    const { telegram, intake } = world;
    telegram.world.openChat(7);
    await world.send(7, { type: 'text', text: 'هل أنتم بخير؟', choices: [{ id: 'yes', label: 'نعم' }] });
    const [question] = telegram.sentTo(7);
    if (!question) throw new Error('nothing was sent');
    intake.refusals = 1;
    let tapId = '';
    const tap = await nextMessage(() => (tapId = telegram.userTaps(question, 'نعم')));
    expect(tap).toMatchObject({
      address: { chat: '7' },
      platformMessageId: tapId,
      kind: 'choice',
      content: { type: 'choice', choiceId: 'yes', label: 'نعم' },
    });
    await telegram.until(() => telegram.world.answeredTaps.includes(tapId));
    expect(telegram.callsOf('answerCallbackQuery')).toHaveLength(1);
  });

  it('keeps its order and goes on when a tap cannot be answered', async () => {
    const { telegram, intake } = world;
    telegram.world.openChat(7);
    await world.send(7, { type: 'text', text: '?', choices: [{ id: 'yes', label: 'نعم' }] });
    const [question] = telegram.sentTo(7);
    if (!question) throw new Error('nothing was sent');
    telegram.fault = (method) => (method === 'answerCallbackQuery' ? { is: 'drop-before' } : undefined);
    telegram.userTaps(question, 'نعم');
    telegram.userWrites(7, 'after');
    await telegram.until(() => intake.messages.length === 2);
    expect(intake.texts).toEqual(['choice', 'after']);
  });
});

describe('a file that cannot be opened', () => {
  const open = async (fileId: string) => {
    try {
      return await read(await world.adapter.openMedia({ fileId }, AbortSignal.timeout(5000)));
    } catch (error) {
      if (error instanceof SendError) return error.failure;
      throw error;
    }
  };

  it('is gone for good when Telegram does not know it or its link has run out', async () => {
    const { world: kept } = world.telegram;
    const expired = kept.addFile(jpeg);
    kept.files.set(expired, { ...jpeg, path: null });
    expect(await open('unknown')).toEqual({ is: 'final', reason: 'media-gone' });
    expect(await open(expired)).toEqual({ is: 'final', reason: 'media-gone' });
  });

  it('is too large above 20 MB', async () => {
    const fileId = world.telegram.world.addFile({ ...jpeg, sizeBytes: 21 * 1024 * 1024 });
    expect(await open(fileId)).toEqual({ is: 'final', reason: 'too-large' });
  });

  it('is given up at 20 MB when it never ends, whatever was said of its size', { timeout: 20_000 }, async () => {
    const fileId = world.telegram.world.addFile(jpeg);
    world.telegram.failNext('download', { is: 'endless' });
    expect(await open(fileId)).toEqual({ is: 'final', reason: 'too-large' });
  });

  it('is not looked for where a redirect points, so that the token does not go there', async () => {
    const stranger = await openStranger();
    const fileId = world.telegram.world.addFile(jpeg);
    for (const to of [stranger.url, ...innerAddresses]) {
      world.telegram.failNext('download', { is: 'redirect', to });
      expect(await open(fileId), to).toEqual({ is: 'final', reason: 'foreign-address' });
    }
    expect(stranger.requests).toEqual([]);
    stranger.close();
  });

  it('is asked for again after errors of the network and the server', async () => {
    const { telegram } = world;
    const fileId = telegram.world.addFile(jpeg);
    telegram.failNext('getFile', { is: 'throttled', retryAfterSeconds: 2 });
    expect(await open(fileId)).toEqual({ is: 'retryable', reason: 'throttled', afterMs: 2000, limit: 'person' });
    telegram.failNext('getFile', {
      is: 'status',
      status: 400,
      description: 'Bad Request: wrong file_id or the file is temporarily unavailable',
    });
    expect(await open(fileId)).toEqual({ is: 'retryable', reason: 'media-unavailable' });
    telegram.failNext('download', { is: 'status', status: 502 });
    expect(await open(fileId)).toEqual({ is: 'retryable', reason: 'server-error' });
    telegram.failNext('download', { is: 'drop-before' });
    expect(await open(fileId)).toEqual({ is: 'retryable', reason: 'network' });
    // Half the bytes come, then the socket dies.
    telegram.failNext('download', { is: 'drop-after' });
    expect(await open(fileId)).toEqual({ is: 'retryable', reason: 'network' });
    expect(await open(fileId)).toBe('JPEG bytes');
  });
});

describe('a group', () => {
  it('is told once, in both languages, where to write, and left', async () => {
    const { telegram, intake } = world;
    const group = -100_123;
    intake.gate = new Promise((resolve) => setTimeout(resolve, 50));
    telegram.userWrites(7, 'holds the batch up');
    telegram.userWrites(group, '/start');
    telegram.userWrites(group, 'my national id is ...');
    await telegram.until(() => telegram.world.leftChats.includes(group));
    const sent = telegram.sentTo(group);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.text).toContain('محادثة خاصة');
    expect(sent[0]?.text).toContain('https://t.me/wasl_test_bot');
    expect(intake.texts).toEqual(['holds the batch up']);
  });

  it('is left when the bot is added to it, also when it may not write there', async () => {
    const { telegram } = world;
    const chat = telegram.world.openChat(-5);
    telegram.failNext('sendMessage', { is: 'status', status: 400, description: 'Bad Request: not enough rights' });
    telegram.feed.push({
      my_chat_member: {
        chat,
        from: { id: 7, is_bot: false, first_name: 'Salma' },
        date: 1,
        old_chat_member: { status: 'left', user: telegram.world.bot },
        new_chat_member: { status: 'member', user: telegram.world.bot },
      },
    });
    await telegram.until(() => telegram.world.leftChats.includes(-5));
  });
});
