import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeUpdate, type DecodedUpdate } from '../../../src/channels/telegram/decode.ts';

const context = { account: 'main', receivedAt: 1_700_000_000_000 };
const decode = (update: unknown): DecodedUpdate => decodeUpdate(update, context);
const chat = { id: 7, type: 'private' };
const message = (content: object) => ({ update_id: 1, message: { message_id: 5, date: 10, chat, ...content } });

describe('decodeUpdate', () => {
  it.each<[string, object, DecodedUpdate]>([
    ['a service message', message({ pinned_message: {} }), { is: 'ignored', updateId: 1, reason: 'service-message' }],
    ['an empty text', message({ text: '' }), { is: 'ignored', updateId: 1, reason: 'service-message' }],
    ['a channel post', { update_id: 2, channel_post: {} }, { is: 'ignored', updateId: 2, reason: 'kind' }],
    [
      'a message in a channel',
      message({ chat: { id: -1, type: 'channel' }, text: 'x' }),
      { is: 'ignored', updateId: 1, reason: 'channel' },
    ],
    [
      'a message without a chat',
      { update_id: 3, message: { text: 'x' } },
      { is: 'ignored', updateId: 3, reason: 'malformed' },
    ],
    [
      'a person who blocks the bot',
      { update_id: 4, my_chat_member: { chat, new_chat_member: { status: 'kicked' } } },
      { is: 'ignored', updateId: 4, reason: 'membership' },
    ],
    [
      'the bot put out of a group',
      { update_id: 5, my_chat_member: { chat: { id: -9, type: 'group' }, new_chat_member: { status: 'left' } } },
      { is: 'ignored', updateId: 5, reason: 'membership' },
    ],
    [
      'its own leaving, told to the group',
      message({ chat: { id: -9, type: 'group' }, left_chat_member: {} }),
      { is: 'ignored', updateId: 1, reason: 'membership' },
    ],
    [
      'a tap without a message',
      { update_id: 6, callback_query: { id: 't', from: { id: 7 }, data: 'x', inline_message_id: 'i' } },
      { is: 'ignored', updateId: 6, reason: 'kind', tapId: 't' },
    ],
    [
      'a tap in a group',
      {
        update_id: 7,
        callback_query: { id: 't', from: { id: 7 }, data: 'x', message: { chat: { id: -9, type: 'supergroup' } } },
      },
      { is: 'group', updateId: 7, chatId: -9, tapId: 't' },
    ],
  ])('sets aside %s', (_what, update, expected) => {
    expect(decode(update)).toEqual(expected);
  });

  it('takes a tap on a message too old to be shown', () => {
    const tap = { id: 't', from: { id: 7 }, data: 'yes', message: { chat, message_id: 3, date: 0 } };
    expect(decode({ update_id: 1, callback_query: tap })).toMatchObject({
      message: { kind: 'choice', sentAt: context.receivedAt, content: { type: 'choice', choiceId: 'yes' } },
    });
  });

  it('reads an animation and a round video as videos', () => {
    const animation = message({ animation: { file_id: 'a' }, document: { file_id: 'a' } });
    const round = message({ video_note: { file_id: 'v' } });
    for (const update of [animation, round]) {
      expect(decode(update)).toMatchObject({ message: { content: { type: 'media', media: { kind: 'video' } } } });
    }
  });

  it('keeps the rest of a message when one part has a wrong shape', () => {
    expect(decode(message({ text: 'hi', from: { id: 'x' }, photo: 'x', media_group_id: 4 }))).toMatchObject({
      message: { content: { type: 'text', text: 'hi' }, sender: {} },
    });
  });

  it('never throws, whatever the JSON', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void decode(value)));
  });

  it('never throws on anything that looks like an update, and gives JSON back', () => {
    const keys = [
      'message_id', 'date', 'edit_date', 'chat', 'from', 'text', 'caption', 'photo', 'document', 'voice', 'venue', 'contact',
      'location', 'sticker', 'data', 'id', 'type', 'file_id', 'new_chat_member', 'status', 'reply_markup', 'inline_keyboard',
      'message', 'callback_data', 'poll', '__proto__',
    ]; // prettier-ignore
    const { value, object } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom<unknown>(1, 7, -9, 1e300, 'private', 'supergroup', 'member', 'file', '', null, true),
        fc.string({ unit: 'binary' }),
        fc.array(tie('value'), { maxLength: 2 }),
        tie('object'),
      ),
      object: fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 9 }),
    }));
    const kinds = fc.constantFrom('message', 'edited_message', 'callback_query', 'my_chat_member', 'channel_post');
    const part = fc.oneof(
      value,
      // Sound where it must be, so that the rest is reached.
      object.map((fields) => ({ ...(fields as object), message_id: 5, date: 10, chat })), // A dictionary is an object.
      object.map((fields) => ({ ...(fields as object), id: 't', from: { id: 7 }, data: 'x', message: { chat } })),
    );
    let messages = 0;
    fc.assert(
      fc.property(kinds, part, (kind, body) => {
        const decoded = decode({ update_id: 1, [kind]: body });
        if (decoded.is !== 'message') return;
        messages += 1;
        expect(JSON.parse(JSON.stringify(decoded.message))).toEqual(decoded.message);
      }),
      { numRuns: 2000 },
    );
    expect(messages).toBeGreaterThan(100);
  });
});
