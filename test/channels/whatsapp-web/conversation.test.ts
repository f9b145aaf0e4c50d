import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium } from '../../support/open-chromium.ts';
import { pollUntil } from '../../support/poll-until.ts';
import { aBlob, omar, openWorld, salma, slowMs, type World } from './set-up.ts';

const chromium = findChromium('the tests of WhatsApp Web');

describe.skipIf(chromium === null)('a linked phone, with the real library and browser', { timeout: 90_000 }, () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(chromium ?? '');
    await world.link();
  }, 90_000);
  afterAll(() => world.close());

  const received = async (count: number) =>
    pollUntil(`${count} messages are stored`, () => world.intake.messages.length >= count, slowMs);

  it('shows a code to scan, then the number that is linked', () => {
    expect(world.statuses.find((status) => status.is === 'pairing')).toMatchObject({
      qr: expect.stringContaining('2@') as string,
      expiresAt: expect.any(Number) as number,
    });
    expect(world.adapter.state()).toMatchObject({ is: 'ready', phone: '966500000000' });
  });

  it('takes a text with its sender', async () => {
    const before = world.intake.messages.length;
    const id = world.whatsapp.incoming(salma, { body: 'السلام عليكم', name: 'سلمى' });
    await received(before + 1);
    expect(world.intake.messages.at(-1)).toMatchObject({
      address: { channel: 'whatsapp-web', account: 'main', chat: salma },
      platformMessageId: id,
      kind: 'message',
      sender: { name: 'سلمى', phone: '+966500000001' },
      content: { type: 'text', text: 'السلام عليكم' },
    });
  });

  it('sends a text only when the server has it', async () => {
    let open = () => {};
    world.whatsapp.sendGate = new Promise((resolve) => (open = resolve));
    const count = world.whatsapp.sent.length;
    let isDone = false;
    const sending = world.send(salma, 'وعليكم السلام').finally(() => (isDone = true));
    await pollUntil('the page sent it', () => world.whatsapp.sent.length > count);
    expect(isDone).toBe(false);
    world.whatsapp.sendGate = null;
    open();
    const id = await sending;
    expect(world.whatsapp.sent.at(-1)).toMatchObject({ id, chat: salma, body: 'وعليكم السلام', type: 'chat' });
  });

  it('tells a refusal, though the library resolves', async () => {
    world.whatsapp.refusals = 1;
    await expect(world.send(salma, 'x')).rejects.toMatchObject({ failure: { is: 'retryable', reason: 'refused' } });
  });

  it('tells for good that a number is not on WhatsApp', async () => {
    world.whatsapp.strangers.add('966599999999@c.us');
    await expect(world.send('966599999999@c.us', 'x')).rejects.toMatchObject({
      failure: { is: 'final', reason: 'person-gone', gone: true },
    });
  });

  it('sends a message once when its answer comes after the delivery gave up', async () => {
    let open = () => {};
    world.whatsapp.sendGate = new Promise((resolve) => (open = resolve));
    const count = world.whatsapp.sent.length;
    const impatient = world.send(salma, 'once', { messageId: 'late', signal: AbortSignal.timeout(300) });
    await expect(impatient).rejects.toMatchObject({ failure: { is: 'retryable', uncertain: true } });
    const retry = world.send(salma, 'once', { messageId: 'late' });
    world.whatsapp.sendGate = null;
    open();
    const id = await retry;
    expect(world.whatsapp.sent.slice(count)).toMatchObject([{ id, body: 'once' }]);
  });

  it('sends a text that looks like a card as text, and links without asking for their pages', async () => {
    await world.send(salma, 'BEGIN:VCARD https://wasl.example.org');
    expect(world.whatsapp.sent.at(-1)).toMatchObject({ type: 'chat', body: 'BEGIN:VCARD https://wasl.example.org' });
  });

  it('sends places and contacts', async () => {
    await world.send(salma, { type: 'location', latitude: 24.47, longitude: 39.61, name: 'مكتب السقيا' });
    expect(world.whatsapp.sent.at(-1)).toMatchObject({ type: 'location', lat: 24.47, lng: 39.61, loc: 'مكتب السقيا' });
    await world.send(salma, { type: 'contact', name: 'مكتب السقيا', phone: '+966 14 000 0000' });
    expect(world.whatsapp.sent.at(-1)).toMatchObject({
      type: 'vcard',
      vcardFormattedName: 'مكتب السقيا',
      body: expect.stringContaining('waid=966140000000:+966140000000') as string,
    });
  });

  it.each([
    ['photo', 'image', 'image/png'],
    ['document', 'document', 'image/png'],
    ['voice', 'ptt', 'audio/ogg; codecs=opus'],
  ] as const)('sends a %s whole, in pieces of what the protocol allows', async (kind, type, mimetype) => {
    const head = kind === 'voice' ? 'OggS' : '\x89PNG\r\n\x1A\n';
    const blob = Buffer.concat([Buffer.from(head, 'latin1'), Buffer.alloc(700_000, 7)]);
    const caption = kind === 'voice' ? {} : { caption: 'صورة' };
    await world.send(salma, { type: 'media', kind, blobId: aBlob, ...caption }, { blob });
    const sent = world.whatsapp.sent.at(-1);
    expect(sent).toMatchObject({ type, mimetype, ...caption });
    expect(world.whatsapp.files.get(String(sent?.['directPath']))?.bytes.equals(blob)).toBe(true);
  });

  it('gives up a file that is gone or over the limit', async () => {
    const sticker = { type: 'media', kind: 'sticker', blobId: aBlob } as const;
    await expect(world.send(salma, sticker)).rejects.toMatchObject({ failure: { is: 'final', reason: 'file-gone' } });
    const blob = Buffer.alloc(1_100_000);
    await expect(world.send(salma, sticker, { blob })).rejects.toMatchObject({
      failure: { is: 'final', reason: 'too-large' },
    });
  });

  it('takes a photo and fetches its bytes', async () => {
    const before = world.intake.messages.length;
    const bytes = Buffer.concat([Buffer.from('\xFF\xD8\xFF', 'latin1'), Buffer.alloc(600_000, 1)]);
    world.whatsapp.incomingFile(salma, bytes, 'image/jpeg', { type: 'image', caption: 'العداد' });
    await received(before + 1);
    const { content } = world.intake.messages.at(-1) ?? {};
    expect(content).toMatchObject({
      type: 'media',
      media: { kind: 'photo', mimeType: 'image/jpeg', sizeBytes: bytes.length },
      caption: 'العداد',
    });
    const fileId = content?.type === 'media' ? content.media.fileId : '';
    const pieces: Uint8Array[] = [];
    for await (const piece of await world.adapter.openMedia({ fileId }, AbortSignal.timeout(10_000)))
      pieces.push(piece);
    expect(pieces.length).toBeGreaterThan(2);
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });

  it('says that a file is gone, or too large before it is fetched', async () => {
    const before = world.intake.messages.length;
    world.whatsapp.incoming(salma, { type: 'document', directPath: '/files/none', size: 10 });
    world.whatsapp.incoming(salma, { type: 'document', directPath: '/files/none', size: 100_000_000 });
    await received(before + 2);
    const fileIds = world.intake.messages
      .slice(before)
      .map(({ content }) => (content.type === 'media' ? content.media.fileId : ''));
    const open = (fileId = '') => world.adapter.openMedia({ fileId }, AbortSignal.timeout(10_000));
    await expect(open(fileIds[0])).rejects.toMatchObject({ failure: { is: 'final', reason: 'media-gone' } });
    await expect(open(fileIds[1])).rejects.toMatchObject({ failure: { is: 'final', reason: 'too-large' } });
  });

  it('takes places, contacts, voice notes, edits and what it cannot read', async () => {
    const before = world.intake.messages.length;
    world.whatsapp.incoming(omar, { type: 'location', lat: 24.5, lng: 39.6, loc: 'البيت\nشارع', body: '/9j/picture' });
    world.whatsapp.incoming(omar, { type: 'vcard', body: 'BEGIN:VCARD\nFN:أم عمر\nTEL;waid=1:+966 50 1\nEND:VCARD' });
    world.whatsapp.incomingFile(omar, Buffer.from('OggS'), 'audio/ogg', { type: 'ptt', duration: '3' });
    world.whatsapp.incoming(omar, { type: 'poll_creation', pollName: 'أي يوم؟' });
    const id = world.whatsapp.incoming(omar, { body: 'عنواني قبا' });
    await received(before + 5);
    world.whatsapp.edit(omar, id, 'عنواني العوالي');
    await received(before + 6);
    expect(world.intake.messages.slice(before)).toMatchObject([
      { content: { type: 'location', latitude: 24.5, longitude: 39.6, name: 'البيت' } },
      { content: { type: 'contact', name: 'أم عمر', phone: '+966 50 1' } },
      { content: { type: 'media', media: { kind: 'voice', durationSeconds: 3 } } },
      { content: { type: 'unsupported', what: 'poll_creation' } },
      { kind: 'message', content: { type: 'text', text: 'عنواني قبا' } },
      { kind: 'edit', platformMessageId: id, content: { type: 'text', text: 'عنواني العوالي' } },
    ]);
  });

  it('is deaf to groups, status updates and channels', async () => {
    const before = world.intake.messages.length;
    world.whatsapp.incoming('120363-1@g.us', { body: 'group' });
    world.whatsapp.incoming('status@broadcast', { body: 'status' });
    world.whatsapp.incoming('1203@newsletter', { body: 'channel' });
    world.whatsapp.incoming(omar, { body: 'person' });
    await received(before + 1);
    expect(world.intake.texts.slice(before)).toEqual(['person']);
  });

  it('knows a person under both names, and sends to one it has no phone for', async () => {
    const before = world.intake.messages.length;
    world.whatsapp.phones.set('77001@lid', omar);
    world.whatsapp.incoming('77001@lid', { body: 'hidden' });
    world.whatsapp.incoming('77002@lid', { body: 'unknown' });
    await received(before + 2);
    expect(world.intake.messages.slice(before).map(({ address, sender }) => [address.chat, sender.phone])).toEqual([
      [omar, '+966500000002'],
      ['77002@lid', undefined],
    ]);
    await world.send('77002@lid', 'reply');
    expect(world.whatsapp.sent.at(-1)).toMatchObject({ chat: '77002@lid', body: 'reply' });
  });

  it('keeps what cannot be stored and gives it again, in order', async () => {
    const before = world.intake.messages.length;
    world.intake.refusals = 2;
    for (const body of ['1', '2', '3']) world.whatsapp.incoming(salma, { body });
    await received(before + 3);
    expect(world.intake.texts.slice(before)).toEqual(['1', '2', '3']);
  });

  it('tells what became of a message', async () => {
    const id = await world.send(salma, 'read me');
    const sent = world.whatsapp.sent.at(-1);
    if (!sent) throw new Error('nothing was sent');
    for (const grade of [2, 3]) world.whatsapp.grade(sent, grade);
    await pollUntil('both receipts', () => world.receipts.filter((one) => one.platformMessageId === id).length === 2);
    expect(world.receipts.slice(-2).map(({ status }) => status)).toEqual(['delivered', 'read']);
  });

  it('shows that it writes', async () => {
    await world.adapter.showTyping?.({ channel: 'whatsapp-web', account: 'main', chat: salma });
    await pollUntil('typing', () => world.whatsapp.told.some((told) => told.what === 'typing' && told.chat === salma));
  });

  it('sends a thousand at once one after the other, while a thousand come in', async () => {
    const [sentBefore, takenBefore] = [world.whatsapp.sent.length, world.intake.messages.length];
    const bodies = Array.from({ length: 1_000 }, (_, index) => `n${index}`);
    for (const body of bodies) world.whatsapp.incoming(salma, { body });
    await Promise.all(bodies.map((body) => world.send(omar, body, { signal: AbortSignal.timeout(80_000) })));
    expect(world.whatsapp.sent.slice(sentBefore).map((message) => message['body'])).toEqual(bodies);
    await received(takenBefore + 1_000);
    expect(world.intake.texts.slice(takenBefore)).toEqual(bodies);
  });

  it('takes a second ready for what it is', async () => {
    const before = world.statuses.length;
    world.whatsapp.syncAgain();
    await world.send(salma, 'still here');
    expect(world.statuses.slice(before)).toEqual([]);
  });

  it('closes and leaves no browser', async () => {
    expect(await world.browserPids()).toHaveLength(1);
    await world.adapter.stop();
    expect(await world.browserPids()).toEqual([]);
    expect(world.adapter.placeToSend?.()).toBe('elsewhere');
  });
});
