import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage } from '../../../src/channels/whatsapp-web/decode.ts';
import { reportSchema, type RawMessage } from '../../../src/channels/whatsapp-web/protocol.ts';
import { createInbox } from '../../../src/channels/whatsapp-web/session/inbox.ts';
import { readPageMessage, toRawMessage } from '../../../src/channels/whatsapp-web/session/page-message.ts';
import { openSessionMemory } from '../../../src/channels/whatsapp-web/session-memory.ts';
import type { Json } from '../../../src/domain/effect.ts';

const salma = '966500000001@c.us';
const model = (id: string, fields: object = {}) => ({
  id: { id, _serialized: `false_${salma}_${id}`, fromMe: false, remote: salma },
  type: 'chat',
  body: id,
  t: 1,
  ...fields,
});

describe('a message of the page', () => {
  it('is read whatever else it holds, and whatever it holds the answer fits the protocol', () => {
    fc.assert(
      fc.property(fc.object(), fc.string(), (fields, id) => {
        const message = readPageMessage({ ...fields, ...model(`i${id}`) });
        if (!message) throw new Error('it was not read');
        const raw = toRawMessage(message, salma);
        expect(reportSchema.safeParse({ is: 'messages', messages: [raw] }).success).toBe(true);
        expect(() => decodeMessage(raw, 'main')).not.toThrow();
      }),
    );
  });

  it.each(['120363@g.us', 'status@broadcast', '1@newsletter', '1@broadcast'])('of %s is none', (remote) => {
    expect(readPageMessage(model('a', { id: { id: 'a', _serialized: 'x', fromMe: false, remote } }))).toBeNull();
  });

  it('of this account itself is none, and what is no message is none', () => {
    expect(readPageMessage(model('a', { id: { id: 'a', _serialized: 'x', fromMe: true, remote: salma } }))).toBeNull();
    for (const odd of [null, 1, 'x', {}, { id: {} }]) expect(readPageMessage(odd)).toBeNull();
  });

  it.each(['e2e_notification', 'gp2', 'call_log', 'revoked', 'protocol', 'ciphertext'])(
    'that only tells of the chat (%s) is not answered',
    (type) => {
      const message = readPageMessage(model('a', { type }));
      expect(message && decodeMessage(toRawMessage(message, salma), 'main')).toBeNull();
    },
  );

  it('is cut to what the protocol allows', () => {
    const message = readPageMessage(model('a', { body: 'ب'.repeat(100_000) }));
    expect(message && toRawMessage(message, salma).text).toHaveLength(65_536);
  });
});

describe('the inbox of a session', () => {
  function setUp(history: Record<string, object[]> = {}) {
    const given: string[] = [];
    const batches: number[] = [];
    let gate: Promise<void> = Promise.resolve();
    let behind = 0;
    const inbox = createInbox({
      page: {
        chats: async () => {
          await gate;
          return Object.keys(history);
        },
        messages: async (chat) => history[chat] ?? [],
        phoneOf: async () => null,
      },
      onBehind: () => (behind += 1),
      give: async (messages: readonly RawMessage[]) => {
        await gate;
        batches.push(messages.length);
        given.push(...messages.map(({ id }) => id));
      },
    });
    return { inbox, given, batches, behind: () => behind, hold: (until: Promise<void>) => void (gate = until) };
  }
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it('gives nothing before the chats were read, and what came live after it', async () => {
    const { inbox, given } = setUp({ [salma]: [model('old'), model('live')] });
    inbox.take(model('live'));
    inbox.take(model('later'));
    await settled();
    expect(given).toEqual([]);
    await expect(inbox.catchUp(0)).resolves.toBe('complete');
    expect(given).toEqual(['old', 'live', 'later']);
  });

  it('gives an edit of what it has given, and nothing else twice', async () => {
    const { inbox, given } = setUp();
    await inbox.catchUp(0);
    inbox.take(model('a'));
    inbox.take(model('a'));
    inbox.take(model('a'), 5);
    await settled();
    expect(given).toEqual(['a', 'a']);
  });

  it('gives in batches of what the protocol allows', async () => {
    const { inbox, batches } = setUp({ [salma]: Array.from({ length: 45 }, (_, index) => model(`m${index}`)) });
    await inbox.catchUp(0);
    expect(batches).toEqual([20, 20, 5]);
  });

  it('says when more came than it holds', async () => {
    let open = () => {};
    const { inbox, given, hold } = setUp();
    hold(new Promise((resolve) => (open = resolve)));
    const reading = inbox.catchUp(0);
    for (let index = 0; index < 1_001; index += 1) inbox.take(model(`m${index}`));
    open();
    await expect(reading).resolves.toBe('behind');
    expect(given).toHaveLength(1_000);
  });

  it('asks for a catch-up when more came than it holds while the store was away', async () => {
    let open = () => {};
    const { inbox, given, hold, behind } = setUp();
    await inbox.catchUp(0);
    hold(new Promise((resolve) => (open = resolve)));
    inbox.take(model('first'));
    await settled();
    for (let index = 0; index < 1_001; index += 1) inbox.take(model(`m${index}`));
    open();
    await settled();
    await settled();
    expect(given).toHaveLength(1_001);
    expect(behind()).toBe(1);
  });
});

describe('what a session remembers', () => {
  const open = (values: Map<string, Json>) =>
    openSessionMemory(
      { get: async (name) => values.get(name) ?? null, set: async (name, value) => void values.set(name, value) },
      'main',
    );

  it('is how far the last but one reading came, also after a restart', async () => {
    const values = new Map<string, Json>();
    const memory = await open(values);
    await memory.linkedTo('1');
    for (const startedAt of [10, 20, 30]) await memory.caughtUp(startedAt);
    expect(memory.known().storedUntil).toBe(20);
    const next = await open(values);
    await next.linkedTo('1');
    expect(next.known().storedUntil).toBe(20);
    await next.caughtUp(40);
    expect(next.known().storedUntil).toBe(20);
    await next.caughtUp(50);
    expect(next.known().storedUntil).toBe(40);
  });

  it('begins anew with another number, whose chats were never meant for the assistant', async () => {
    const memory = await open(new Map());
    await memory.linkedTo('1');
    await memory.caughtUp(10);
    await memory.linkedTo('2');
    expect(memory.known().storedUntil).toBeNull();
  });
});
