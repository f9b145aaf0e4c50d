import { createHmac } from 'node:crypto';
import { WhatsAppClient } from '@kapso/whatsapp-cloud-api';
import { normalizeWebhook, verifySignature } from '@kapso/whatsapp-cloud-api/server';
import { WhatsAppAPI } from 'whatsapp-api-js';
import * as messages from 'whatsapp-api-js/messages';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Choice, OutboundContent } from '../../../src/domain/message.ts';
import type { Payload } from '../../support/whatsapp-cloud-emulator.ts';
import { escapeUnicode } from '../../support/whatsapp-cloud/webhook-feed.ts';
import { aBlob, appSecret, openWorld, person, type World } from './set-up.ts';

/*
 * Two libraries that others wrote say what WhatsApp's Cloud API looks like: what they send is what we send, and our emulator takes both;
 * what our emulator signs and gives, they read as we do. They are no part of the product.
 */

const graph = 'https://graph.facebook.com';
const place = { latitude: 24.47, longitude: 39.61, name: 'الفرع الرئيس' };
const card = { name: 'خدمة المستفيدين', phone: '+966500000000' };
const jpeg = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(5_000, 'x')]);
const pdf = Buffer.from(`%PDF-1.7 ${'x'.repeat(5_000)}`);
const ogg = Buffer.concat([Buffer.from('OggS'), Buffer.alloc(5_000, 'o')]);

const choices = (labels: readonly string[], description?: string): Choice[] =>
  labels.map((label, index) => ({ id: `c${index}`, label, ...(description && { description }) }));
const few = choices(['نعم', 'لا']);
const many = choices(['سقيا', 'بئر', 'خزان', 'برادة'], 'وصف');
const template = { name: 'case_update', language: 'ar', parameters: ['أم خالد', 'W-1234567'] };

let world: World;
let kapso: WhatsAppClient;
let secvoid: WhatsAppAPI;

beforeAll(async () => {
  world = await openWorld();
  const { apiRoot, accessToken } = world.cloud;
  kapso = new WhatsAppClient({ accessToken, baseUrl: apiRoot, graphVersion: 'v24.0' });
  // The library gives it texts.
  const toEmulator: typeof fetch = (url, init) => fetch((url as string).replace(graph, apiRoot), init);
  secvoid = new WhatsAppAPI({ token: accessToken, appSecret, v: 'v24.0', ponyfill: { fetch: toEmulator } });
  world.cloud.templates.set('case_update', { language: 'ar', parameters: 2, quickReplies: 2 });
});
afterAll(() => world.close());
beforeEach(() => void (world.cloud.sent.length = 0));

/** What the emulator took last, without what may be left out: the default recipient type, previews that are off. */
function lastPayload(): Payload {
  const sent = world.cloud.sent.at(-1)?.payload;
  if (!sent) throw new Error('nothing was sent');
  const { recipient_type: type = 'individual', ...rest } = sent;
  const text = rest['text'] as { preview_url?: boolean } | undefined;
  return { ...rest, recipient_type: type, ...(text && { text: { preview_url: false, ...text } }) };
}

async function ours(content: OutboundContent, blob?: Buffer): Promise<Payload> {
  await world.send(content, blob ? { blob } : {});
  return lastPayload();
}

async function byKapso(
  send: (client: WhatsAppClient['messages'], to: { phoneNumberId: string; to: string }) => Promise<unknown>,
) {
  await send(kapso.messages, { phoneNumberId: world.cloud.phoneNumberId, to: person });
  return lastPayload();
}

async function bySecvoid(message: Parameters<WhatsAppAPI['sendMessage']>[2]): Promise<Payload> {
  const answer = await secvoid.sendMessage(world.cloud.phoneNumberId, person, message);
  expect(answer).not.toHaveProperty('error');
  return lastPayload();
}

/** The same where the library deviates from Meta's pages, so that the emulator refuses it as it came. */
async function bySecvoidMended(
  message: Parameters<WhatsAppAPI['sendMessage']>[2],
  mend: (payload: Payload) => Payload,
): Promise<Payload> {
  const answer = await secvoid.sendMessage(world.cloud.phoneNumberId, person, message);
  expect(answer, 'the library no longer deviates: compare it as it comes').toHaveProperty('error');
  return mend(world.cloud.callsOf('send').at(-1)?.payload ?? {});
}

describe('what we send is what @kapso/whatsapp-cloud-api and whatsapp-api-js send', () => {
  it('as text', async () => {
    const text = 'أهلًا *بكم* https://example.org';
    const expected = await ours({ type: 'text', text });
    expect(await byKapso((client, to) => client.sendText({ ...to, body: text, previewUrl: false }))).toEqual(expected);
    expect(await bySecvoid(new messages.Text(text, false))).toEqual(expected);
  });

  it('as buttons', async () => {
    const expected = await ours({ type: 'text', text: 'هل لديكم ماء؟', choices: few });
    const buttons = few.map(({ id, label }) => ({ id, title: label }));
    expect(
      await byKapso((client, to) => client.sendInteractiveButtons({ ...to, bodyText: 'هل لديكم ماء؟', buttons })),
    ).toEqual(expected);
    const [first, ...rest] = few.map(({ id, label }) => new messages.Button(id, label));
    if (!first) throw new Error('there are two');
    const action = new messages.ActionButtons(first, ...rest);
    expect(await bySecvoid(new messages.Interactive(action, new messages.Body('هل لديكم ماء؟')))).toEqual(expected);
  });

  it('as a list', async () => {
    const expected = await ours({ type: 'text', text: 'كيف نخدمكم؟', choices: many });
    const opener = 'اختر من القائمة';
    const rows = many.map(({ id, label, description = '' }) => ({ id, title: label, description }));
    expect(
      await byKapso((client, to) =>
        client.sendInteractiveList({ ...to, bodyText: 'كيف نخدمكم؟', buttonText: opener, sections: [{ rows }] }),
      ),
    ).toEqual(expected);
    const [first, ...rest] = rows.map(({ id, title, description }) => new messages.Row(id, title, description));
    if (!first) throw new Error('there are four');
    const action = new messages.ActionList(opener, new messages.ListSection(undefined, first, ...rest));
    expect(await bySecvoid(new messages.Interactive(action, new messages.Body('كيف نخدمكم؟')))).toEqual(expected);
  });

  it('as a picture, a document and a voice note by their ids', async () => {
    const caption = 'تفضلوا';
    const idOf = (payload: Payload, type: string) => (payload[type] as { id: string }).id; // Ours names what was uploaded.

    const photo = await ours({ type: 'media', kind: 'photo', blobId: aBlob, caption }, jpeg);
    const image = { id: idOf(photo, 'image'), caption };
    expect(await byKapso((client, to) => client.sendImage({ ...to, image }))).toEqual(photo);
    expect(await bySecvoid(new messages.Image(image.id, true, caption))).toEqual(photo);

    const filename = 'صك.pdf';
    const paper = await ours({ type: 'media', kind: 'document', blobId: aBlob, fileName: filename, caption }, pdf);
    const document = { id: idOf(paper, 'document'), caption, filename };
    expect(await byKapso((client, to) => client.sendDocument({ ...to, document }))).toEqual(paper);
    expect(await bySecvoid(new messages.Document(document.id, true, caption, filename))).toEqual(paper);

    const voice = await ours({ type: 'media', kind: 'voice', blobId: aBlob }, ogg);
    const audio = { id: idOf(voice, 'audio'), voice: true };
    expect(await byKapso((client, to) => client.sendAudio({ ...to, audio }))).toEqual(voice);
    expect(await bySecvoid(new messages.Audio(audio.id, true, true))).toEqual(voice);
  });

  it('as a place', async () => {
    const expected = await ours({ type: 'location', ...place });
    expect(await byKapso((client, to) => client.sendLocation({ ...to, location: place }))).toEqual(expected);
    expect(await bySecvoid(new messages.Location(place.longitude, place.latitude, place.name))).toEqual(expected);
  });

  it('as a contact', async () => {
    const expected = await ours({ type: 'contact', ...card });
    const contact = {
      name: { formattedName: card.name, firstName: card.name },
      phones: [{ phone: card.phone, type: 'WORK' }],
    };
    expect(await byKapso((client, to) => client.sendContacts({ ...to, contacts: [contact] }))).toEqual(expected);
    const parts = [new messages.Name(card.name, card.name), new messages.Phone(card.phone, 'WORK')] as const;
    // whatsapp-api-js 6.3.0 sends the list as a text with JSON in it; Meta's page has a list (.../messages/contacts-messages).
    const mend = (payload: Payload) => ({ ...payload, contacts: JSON.parse(String(payload['contacts'])) as unknown });
    expect(await bySecvoidMended(new messages.Contacts([...parts]), mend)).toEqual(expected);
  });

  it('as a template with parameters and quick replies', async () => {
    const expected = await ours({ type: 'text', text: 'x', template, choices: few });
    const components = [
      { type: 'body', parameters: template.parameters.map((text) => ({ type: 'text', text })) },
      ...few.map(({ id }, index) => ({
        ...{ type: 'button', sub_type: 'quick_reply', index: String(index) },
        parameters: [{ type: 'payload', payload: id }],
      })),
    ];
    const language = { code: template.language };
    expect(
      await byKapso((client, to) =>
        client.sendTemplate({ ...to, template: { name: template.name, language, components } }),
      ),
    ).toEqual(expected);
    const [first, ...rest] = template.parameters.map((text) => new messages.BodyParameter(text));
    if (!first) throw new Error('there are two');
    const body = new messages.BodyComponent(first, ...rest);
    const replies = few.map(({ id }) => new messages.PayloadComponent(id));
    // whatsapp-api-js 6.3.0 numbers the buttons with numbers, where Meta's page has texts, and adds a policy of languages, which Meta's page
    // of the Cloud API no longer has (.../reference/messages#template-object).
    const mend = (payload: Payload) => {
      const given = payload['template'] as { language: { code: string }; components: { index?: number }[] };
      const { code } = given.language;
      const components = given.components.map((one) =>
        one.index === undefined ? one : { ...one, index: `${one.index}` },
      );
      return { ...payload, template: { ...given, language: { code }, components } };
    };
    const theirs = new messages.Template(template.name, template.language, body, ...replies);
    expect(await bySecvoidMended(theirs, mend)).toEqual(expected);
  });

  it('as a mark of reading with typing', async () => {
    const marks = () => world.cloud.callsOf('mark');
    const id = await world.cloud.userWrites(person, 'hi');
    await expect.poll(() => marks().length).toBeGreaterThan(0);
    await world.adapter.showTyping({ channel: 'whatsapp-cloud', account: 'main', chat: person });
    const expected = marks().at(-1)?.payload;
    const { phoneNumberId } = world.cloud;
    await kapso.messages.markRead({ phoneNumberId, messageId: id, typingIndicator: { type: 'text' } });
    await secvoid.markAsRead(phoneNumberId, id, 'text');
    expect(
      marks()
        .slice(-2)
        .map(({ payload }) => payload),
    ).toEqual([expected, expected]);
  });
});

describe('signatures', () => {
  const plain = JSON.stringify({ text: 'السلام عليكم 👋 <b>~</b>' });

  it('that our emulator makes over escaped bytes, both libraries believe', async () => {
    const body = escapeUnicode(plain);
    const signature = world.cloud.feed.sign(body);
    expect(verifySignature({ appSecret, rawBody: body, signatureHeader: signature })).toBe(true);
    expect(await secvoid.verifyRequestSignature(body, signature)).toBe(true);
    expect(verifySignature({ appSecret, rawBody: `${body} `, signatureHeader: signature })).toBe(false);
    expect(await secvoid.verifyRequestSignature(`${body} `, signature)).toBe(false);
  });

  it('that are made over bytes that are not escaped, we and @kapso/whatsapp-cloud-api believe; whatsapp-api-js escapes before it looks', async () => {
    const body = JSON.stringify(
      world.cloud.toWebhook({
        messages: [world.cloud.toMessage(person, { type: 'text', text: { body: 'دون تهريب' } })],
      }),
    );
    const signature = `sha256=${createHmac('sha256', appSecret).update(body).digest('hex')}`;
    const headers = { 'content-type': 'application/json', 'x-hub-signature-256': signature };
    expect((await fetch(world.webhookUrl, { method: 'POST', headers, body })).status).toBe(200);
    expect(verifySignature({ appSecret, rawBody: body, signatureHeader: signature })).toBe(true);
    // Meta signs what it sends (developers.facebook.com/docs/graph-api/webhooks/getting-started, "Validating payloads"), which is escaped.
    expect(await secvoid.verifyRequestSignature(body, signature)).toBe(false);
  });
});

describe('webhooks of our emulator', () => {
  it.each<[string, object, object]>([
    ['a text', { type: 'text', text: { body: 'السلام عليكم' } }, { type: 'text', text: 'السلام عليكم' }],
    [
      'a tapped button',
      { type: 'interactive', interactive: { type: 'button_reply', button_reply: { id: 'c0', title: 'نعم' } } },
      { type: 'choice', choiceId: 'c0', label: 'نعم' },
    ],
    [
      'a picture',
      { type: 'image', image: { id: '1479537139', mime_type: 'image/jpeg', sha256: 'x', caption: 'الخزان' } },
      { type: 'media', media: { kind: 'photo', fileId: '1479537139', mimeType: 'image/jpeg' }, caption: 'الخزان' },
    ],
    ['a place', { type: 'location', location: place }, { type: 'location', ...place }],
  ])('are read alike by us and by both libraries: %s', async (_what, content, expected) => {
    world.intake.batches.length = 0;
    const id = await world.cloud.userSends(person, content);
    const body = world.cloud.feed.deliveries.at(-1)?.body ?? '';
    const [message] = world.intake.messages;
    expect(message).toMatchObject({ platformMessageId: id, address: { chat: person }, content: expected });

    const { messages: byTheOne } = normalizeWebhook(JSON.parse(body));
    expect(byTheOne[0]).toMatchObject({ id, from: person, type: (content as { type: string }).type });
    let byTheOther: unknown;
    secvoid.on.message = ({ message: given, from, name }) => void (byTheOther = { given, from, name });
    await secvoid.post(JSON.parse(body) as never, body, world.cloud.feed.sign(body)); // It is what the library calls PostData.
    expect(byTheOther).toMatchObject({ given: { id, from: person, ...content }, from: person, name: 'سلمى' });
    expect(message?.sentAt).toBe(Number(byTheOne[0]?.timestamp) * 1000);
  });
});
