import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeWebhook } from '../../../src/channels/whatsapp-cloud/decode.ts';
import type { InboundContent } from '../../../src/domain/message.ts';

const receivedAt = 1_760_000_000_000;
const timestamp = String(receivedAt / 1000);
const accounts = new Map([
  ['106540352242922', 'main'],
  ['206540352242922', 'second'],
]);
const person = '966501234567';
const day = 86_400_000;

function toChange(value: object, phoneNumberId = '106540352242922', field = 'messages') {
  const metadata = { display_phone_number: '15550783881', phone_number_id: phoneNumberId };
  return { field, value: { messaging_product: 'whatsapp', metadata, ...value } };
}

function toWebhook(...changes: object[]) {
  return { object: 'whatsapp_business_account', entry: [{ id: '102290129340398', changes }] };
}

function decode(body: unknown) {
  return decodeWebhook(body, { accounts, receivedAt });
}

function decodeMessages(...messages: object[]) {
  const contacts = [{ profile: { name: 'سلمى' }, wa_id: person }];
  return decode(toWebhook(toChange({ contacts, messages })));
}

function read(body: unknown) {
  const decoded = decode(body);
  if (decoded.is !== 'read') throw new Error('expected a webhook that can be read');
  return decoded;
}

const base = { from: person, id: 'wamid.A', timestamp };

function contentOf(content: object): InboundContent | undefined {
  const decoded = decodeMessages({ ...base, ...content });
  return decoded.is === 'read' ? decoded.messages[0]?.content : undefined;
}

describe('a message', () => {
  it('comes with its sender, its time and its account', () => {
    expect(decodeMessages({ ...base, type: 'text', text: { body: 'السلام عليكم' } })).toEqual({
      is: 'read',
      receipts: [],
      ignored: [],
      messages: [
        {
          address: { channel: 'whatsapp-cloud', account: 'main', chat: person },
          platformMessageId: 'wamid.A',
          kind: 'message',
          sentAt: receivedAt,
          sender: { name: 'سلمى', phone: `+${person}` },
          content: { type: 'text', text: 'السلام عليكم' },
        },
      ],
    });
  });

  it.each<[string, object, InboundContent]>([
    [
      'a tapped button',
      { type: 'interactive', interactive: { type: 'button_reply', button_reply: { id: 'yes', title: 'نعم' } } },
      { type: 'choice', choiceId: 'yes', label: 'نعم' },
    ],
    [
      'a tapped row',
      {
        type: 'interactive',
        interactive: { type: 'list_reply', list_reply: { id: 'r1', title: 'بئر', description: '' } },
      },
      { type: 'choice', choiceId: 'r1', label: 'بئر' },
    ],
    [
      "a template's quick reply",
      { type: 'button', button: { payload: 'c0', text: 'تابع' } },
      { type: 'choice', choiceId: 'c0', label: 'تابع' },
    ],
    [
      'a picture',
      { type: 'image', image: { id: '1', mime_type: 'image/jpeg', sha256: 'x', caption: 'الخزان' } },
      { type: 'media', media: { kind: 'photo', fileId: '1', mimeType: 'image/jpeg' }, caption: 'الخزان' },
    ],
    [
      'a document',
      { type: 'document', document: { id: '2', mime_type: 'application/pdf', filename: 'صك.pdf', file_size: 9 } },
      {
        type: 'media',
        media: { kind: 'document', fileId: '2', mimeType: 'application/pdf', fileName: 'صك.pdf', sizeBytes: 9 },
      },
    ],
    [
      'a voice note',
      { type: 'audio', audio: { id: '3', mime_type: 'audio/ogg; codecs=opus', voice: true } },
      { type: 'media', media: { kind: 'voice', fileId: '3', mimeType: 'audio/ogg; codecs=opus' } },
    ],
    [
      'a sound file',
      { type: 'audio', audio: { id: '3', mime_type: 'audio/mpeg', voice: false } },
      { type: 'media', media: { kind: 'audio', fileId: '3', mimeType: 'audio/mpeg' } },
    ],
    ['a video', { type: 'video', video: { id: '4' } }, { type: 'media', media: { kind: 'video', fileId: '4' } }],
    [
      'a sticker',
      { type: 'sticker', sticker: { id: '5', mime_type: 'image/webp', animated: true } },
      { type: 'media', media: { kind: 'sticker', fileId: '5', mimeType: 'image/webp' } },
    ],
    [
      'a place',
      { type: 'location', location: { latitude: 24.47, longitude: 39.61, name: 'المسجد', address: 'المدينة' } },
      { type: 'location', latitude: 24.47, longitude: 39.61, name: 'المسجد' },
    ],
    [
      'a contact',
      {
        type: 'contacts',
        contacts: [
          {
            name: { formatted_name: 'أبو علي', first_name: 'علي' },
            phones: [{ phone: '+966 50 000 0000', wa_id: '9' }],
          },
          { name: { formatted_name: 'other' }, phones: [{ phone: '1' }] },
        ],
      },
      { type: 'contact', name: 'أبو علي', phone: '+966 50 000 0000' },
    ],
    ['a contact without a number', { type: 'contacts', contacts: [{}] }, { type: 'unsupported', what: 'contacts' }],
    [
      'what WhatsApp itself cannot pass on',
      { type: 'unsupported', errors: [{ code: 131051 }], unsupported: { type: 'poll' } },
      { type: 'unsupported', what: 'poll' },
    ],
    ['an order', { type: 'order', order: {} }, { type: 'unsupported', what: 'order' }],
    [
      'a filled form',
      { type: 'interactive', interactive: { type: 'nfm_reply', nfm_reply: {} } },
      { type: 'unsupported', what: 'nfm_reply' },
    ],
    ['a kind of tomorrow', { type: 'hologram', hologram: {} }, { type: 'unsupported', what: 'hologram' }],
    ['a text that is empty', { type: 'text', text: { body: '' } }, { type: 'unsupported', what: 'text' }],
    [
      'a place that is nowhere',
      { type: 'location', location: { latitude: 95, longitude: 0 } },
      { type: 'unsupported', what: 'location' },
    ],
  ])('may be %s', (_what, content, expected) => {
    expect(contentOf(content)).toEqual(expected);
  });

  it('is a choice when it was tapped', () => {
    const decoded = decodeMessages({ ...base, type: 'button', button: { payload: 'c0' } });
    expect(decoded).toMatchObject({ messages: [{ kind: 'choice', platformMessageId: 'wamid.A' }] });
  });

  it('is an edit of the message it names', () => {
    const edit = { original_message_id: 'wamid.O', message: { type: 'text', text: { body: 'better' } } };
    expect(decodeMessages({ ...base, type: 'edit', edit })).toMatchObject({
      messages: [
        {
          platformMessageId: 'wamid.O',
          kind: 'edit',
          editedAt: receivedAt,
          content: { type: 'text', text: 'better' },
        },
      ],
    });
  });

  it('comes from a person who hides the number', () => {
    const contacts = [{ profile: { name: 'سلمى', username: 's' }, user_id: 'SA.1349' }];
    const message = { from_user_id: 'SA.1349', id: 'wamid.A', timestamp, type: 'text', text: { body: 'hi' } };
    const [decoded] = read(toWebhook(toChange({ contacts, messages: [message] }))).messages;
    expect(decoded).toMatchObject({ address: { chat: 'SA.1349' }, sender: { name: 'سلمى' } });
    expect(decoded?.sender).not.toHaveProperty('phone');
  });

  it.each([
    ['reaction', { type: 'reaction', reaction: { message_id: 'wamid.B', emoji: '👍' } }],
    ['system', { type: 'system', system: { type: 'user_changed_number', wa_id: '1' } }],
    ['system', { type: 'revoke', revoke: { original_message_id: 'wamid.B' } }],
    ['group', { type: 'text', text: { body: 'hi' }, group_id: 'g' }],
  ])('is ignored as %s', (reason, content) => {
    expect(decodeMessages({ ...base, ...content })).toEqual({
      is: 'read',
      messages: [],
      receipts: [],
      ignored: [reason],
    });
  });
});

describe('a batch', () => {
  it('keeps its order over entries, changes and numbers, and leaves foreign ones out', () => {
    const text = (id: string) => ({ ...base, id, type: 'text', text: { body: id } });
    const status = { id: 'wamid.S', status: 'read', timestamp, recipient_id: person };
    const webhook = {
      object: 'whatsapp_business_account',
      entry: [
        { id: '1', changes: [toChange({ messages: [text('a'), text('b')] }), toChange({ statuses: [status] })] },
        {
          id: '2',
          changes: [toChange({ messages: [text('x')] }, '999'), toChange({ messages: [text('c')] }, '206540352242922')],
        },
        { id: '3', changes: [toChange({ event: 'APPROVED' }, '1', 'message_template_status_update')] },
      ],
    };
    const { messages, receipts, ignored } = read(webhook);
    expect(messages.map(({ platformMessageId, address }) => [platformMessageId, address.account])).toEqual([
      ['a', 'main'],
      ['b', 'main'],
      ['c', 'second'],
    ]);
    expect(receipts).toHaveLength(1);
    expect(ignored).toEqual(['foreign-number', 'field']);
  });

  it('keeps what can be read beside what cannot', () => {
    const good = { ...base, type: 'text', text: { body: 'hi' } };
    for (const bad of [
      null,
      7,
      {},
      { ...good, id: 5 },
      { ...good, timestamp: 'noon' },
      { ...good, from: undefined, id: '' },
    ]) {
      expect(decode(toWebhook(toChange({ messages: [bad, good] })))).toMatchObject({
        messages: [{ content: { text: 'hi' } }],
        ignored: ['malformed'],
      });
    }
  });
});

describe('a receipt', () => {
  const status = { id: 'wamid.S', timestamp, recipient_id: person };
  const receipt = { channel: 'whatsapp-cloud', account: 'main', platformMessageId: 'wamid.S', at: receivedAt };

  it.each([
    ['sent', 'sent'],
    ['delivered', 'delivered'],
    ['read', 'read'],
    ['played', 'read'],
  ])('says %s', (given, expected) => {
    const { receipts } = read(toWebhook(toChange({ statuses: [{ ...status, status: given }] })));
    expect(receipts).toEqual([{ ...receipt, status: expected }]);
  });

  it.each([
    [131047, 'outside-window'],
    [131026, 'person-gone'],
    [131049, 'platform-declined'],
    [999, 'refused'],
  ])('says why a send failed: code %i is %s', (code, failure) => {
    const failed = { ...status, status: 'failed', errors: [{ code, title: 'x' }] };
    expect(read(toWebhook(toChange({ statuses: [failed] }))).receipts).toEqual([
      { ...receipt, status: 'failed', failure },
    ]);
  });

  it('fails without a reason too, and other words are ignored', () => {
    const { receipts, ignored } = read(
      toWebhook(
        toChange({
          statuses: [
            { ...status, status: 'failed' },
            { ...status, status: 'warning' },
          ],
        }),
      ),
    );
    expect(receipts).toEqual([{ ...receipt, status: 'failed', failure: 'refused' }]);
    expect(ignored).toEqual(['status']);
  });
});

describe('what is refused', () => {
  it.each<[string, unknown]>([
    ['nothing', null],
    ['a list', [1]],
    ['another product', { object: 'page', entry: [] }],
    ['an entry that is no list', { object: 'whatsapp_business_account', entry: {} }],
    [
      'a change without a value',
      { object: 'whatsapp_business_account', entry: [{ changes: [{ field: 'messages' }] }] },
    ],
    ['messages that are no list', toWebhook(toChange({ messages: {} }))],
    ['a change without a number', toWebhook({ field: 'messages', value: { messages: [] } })],
    ['a message of wrong types only', toWebhook(toChange({ messages: [{ id: 1, from: 2, timestamp: [], type: {} }] }))],
  ])('is %s', (_what, body) => {
    expect(decode(body)).toEqual({ is: 'unreadable' });
  });

  it('is a replay from before the platform would have given up', () => {
    const at = (ms: number) => String(Math.floor(ms / 1000));
    const message = { ...base, type: 'text', text: { body: 'pay me' } };
    const status = { id: 'wamid.S', status: 'failed' };
    const old = at(receivedAt - 9 * day);
    expect(decodeMessages({ ...message, timestamp: old })).toEqual({ is: 'unreadable' });
    expect(decode(toWebhook(toChange({ statuses: [{ ...status, timestamp: old }] })))).toEqual({ is: 'unreadable' });
    expect(decodeMessages({ ...message, timestamp: at(receivedAt - 7 * day) })).toMatchObject({ is: 'read' });
    expect(decodeMessages({ ...message, timestamp: old }, message)).toMatchObject({
      messages: [{ sentAt: receivedAt }],
      ignored: ['stale'],
    });
  });
});

describe('decoding', () => {
  it('never throws, whatever the JSON', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void decode(value)));
  });

  it('never throws on anything that looks like a webhook, and gives JSON back', () => {
    const keys = [
      'id', 'from', 'from_user_id', 'timestamp', 'type', 'text', 'body', 'interactive', 'button_reply', 'list_reply', 'title', 'button',
      'payload', 'image', 'audio', 'voice', 'location', 'latitude', 'longitude', 'contacts', 'phones', 'phone', 'name', 'wa_id', 'profile',
      'edit', 'message', 'original_message_id', 'unsupported', 'errors', 'code', 'status', 'group_id', '__proto__',
    ]; // prettier-ignore
    const types = [
      'text', 'interactive', 'button', 'image', 'audio', 'location', 'contacts', 'edit', 'system', 'reaction', 'unsupported', 'x',
    ]; // prettier-ignore
    const { value, object } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom<unknown>(1, -9, 1e300, timestamp, 'sent', 'failed', person, '', null, true, ...types),
        fc.string({ unit: 'binary' }),
        fc.array(tie('value'), { maxLength: 2 }),
        tie('object'),
      ),
      object: fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 9 }),
    }));
    const sound = fc
      .tuple(object, fc.constantFrom(...types))
      // Sound where it must be, so that the rest is reached.
      .map(([fields, type]) => ({ ...(fields as object), from: person, id: 'w', timestamp, type }));
    const item = fc.oneof(value, sound, sound);
    let messages = 0;
    fc.assert(
      fc.property(
        fc.array(item, { maxLength: 3 }),
        fc.array(value, { maxLength: 2 }),
        value,
        (items, statuses, contacts) => {
          const decoded = decode(toWebhook(toChange({ messages: items, statuses, contacts })));
          if (decoded.is !== 'read') return;
          messages += decoded.messages.length;
          expect(JSON.parse(JSON.stringify(decoded))).toEqual(decoded);
          expect(decoded.messages.length + decoded.receipts.length + decoded.ignored.length).toBe(
            items.length + statuses.length,
          );
        },
      ),
      { numRuns: 2000 },
    );
    expect(messages).toBeGreaterThan(500);
  });
});
