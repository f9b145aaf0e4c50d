import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OutboundMessage } from '../../src/domain/conversation.ts';
import { StoreUnavailable } from '../../src/domain/errors.ts';
import { toId } from '../../src/domain/ids.ts';
import { deliveryRank, outsideWindow, type DeliveryStatus, type OutboundContent } from '../../src/domain/message.ts';
import type { Receipt } from '../../src/ports/channel.ts';
import type { Store } from '../../src/ports/store.ts';
import { toReceiptChange } from '../../src/runtime/receipts.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { createRecordingChannel } from '../support/recording-channel.ts';
import {
  addressOf,
  createMovableClock,
  createWorld,
  messageFrom,
  openTemporaryStore,
  settled,
} from '../support/world.ts';

const hour = 3_600_000;
const officerId = toId<'officer'>('huda');

let opened: Awaited<ReturnType<typeof openTemporaryStore>>;
let running: Runtime[] = [];

beforeEach(async () => {
  opened = await openTemporaryStore();
});

afterEach(async () => {
  await Promise.all(running.map((runtime) => runtime.close()));
  running = [];
  await opened.store.close();
  await opened.remove();
});

/** A channel with WhatsApp's window, on which one person has written and is answered by an officer. */
async function start(options: { before?: () => Promise<void>; after?: () => Promise<void> } = {}) {
  const clock = createMovableClock();
  const plain = createRecordingChannel(options);
  const channel = {
    ...plain,
    capabilities: { ...plain.capabilities, templates: true, window: { ms: 24 * hour } } as const,
  };
  const world = await createWorld({ store: opened.store, adapters: [channel], clock });
  running.push(world.runtime);
  await world.runtime.startWorker();
  const { runtime, repositories } = world;
  const id = repositories.ids.conversation(addressOf('7'));
  const settle = () => settled(repositories, [id]);
  let requests = 0;
  const act = async (type: 'officer-claimed' | 'officer-replied', content?: OutboundContent) => {
    const event =
      type === 'officer-claimed'
        ? ({ type, officerId, officerName: 'Huda' } as const)
        : ({ type, officerId, content: content ?? { type: 'text', text: '' } } as const);
    expect(await runtime.handoff.act(id, event, `request-${(requests += 1)}`)).toEqual({ is: 'accepted' });
  };
  const reply = async (text: string, template?: (OutboundContent & { type: 'text' })['template']) => {
    await act('officer-replied', { type: 'text', text, ...(template && { template }) });
    await settle();
  };
  const writes = async (messageId: string) => {
    await runtime.intake.accept([messageFrom('7', messageId, 'hi')]);
    await settle();
  };
  const find = async (text: string): Promise<OutboundMessage> => {
    const lines = await repositories.messages.page(id, { limit: 50 });
    const line = lines.find((one) => 'status' in one && one.content.type === 'text' && one.content.text === text);
    if (!line || !('status' in line)) throw new Error(`there is no "${text}"`);
    return line; // Only outbound messages have a status.
  };
  const textsSent = () => plain.sent.map(({ content }) => (content.type === 'text' ? content.text : content.type));
  await runtime.intake.accept(
    ['hello', 'Amal', '4', 'human'].map((text, index) => messageFrom('7', `a${index}`, text)),
  );
  await settle();
  await act('officer-claimed');
  return { ...world, clock, id, settle, reply, writes, find, textsSent, sent: plain.sent };
}

function receiptOf(message: Pick<OutboundMessage, 'id'>, status: Receipt['status'], failure?: string): Receipt {
  const platformMessageId = `p-${message.id}`;
  return { channel: 'test', account: 'main', platformMessageId, status, at: 1, ...(failure && { failure }) };
}

describe('a receipt', () => {
  const statuses = Object.keys(deliveryRank) as DeliveryStatus[]; // The keys of the record are the statuses.

  it('raises a status by its rank and never lowers it, whatever the order they come in', () => {
    const kinds = fc.constantFrom<Receipt['status']>('sent', 'delivered', 'read', 'failed');
    fc.assert(
      fc.property(fc.array(kinds, { maxLength: 6 }), (order) => {
        let status: DeliveryStatus = 'sent';
        for (const kind of order) {
          const before = deliveryRank[status];
          status = toReceiptChange({ status }, { status: kind })?.status ?? status;
          expect(deliveryRank[status]).toBeGreaterThanOrEqual(before);
        }
        const highest = Math.max(deliveryRank.sent, ...order.map((kind) => deliveryRank[kind]));
        expect(deliveryRank[status]).toBe(highest);
      }),
    );
  });

  it('of an earlier send says nothing of a message that is on its way anew', () => {
    for (const status of statuses.filter((one) => deliveryRank[one] < deliveryRank.sent)) {
      for (const kind of ['sent', 'delivered', 'read', 'failed'] as const) {
        expect(toReceiptChange({ status }, { status: kind })).toBeNull();
      }
    }
  });

  it('holds a message that came outside the window, unless it arrived all the same', () => {
    const failed = { status: 'failed', failure: outsideWindow } as const;
    expect(toReceiptChange({ status: 'sent' }, failed)).toEqual({ status: 'held', failure: outsideWindow });
    expect(toReceiptChange({ status: 'delivered' }, failed)).toBeNull();
    expect(toReceiptChange({ status: 'failed' }, { status: 'read' })).toEqual({ status: 'read', failure: null });
  });

  it('is shown with the message it speaks of, and accepting it again changes nothing', async () => {
    const { runtime, reply, find } = await start();
    await reply('one');
    const message = await find('one');
    await runtime.receipts.accept([receiptOf(message, 'delivered'), receiptOf(message, 'sent')]);
    expect((await find('one')).status).toBe('delivered');
    await runtime.receipts.accept([receiptOf(message, 'read'), receiptOf(message, 'delivered')]);
    const read = await find('one');
    expect(read.status).toBe('read');
    await runtime.receipts.accept([receiptOf(message, 'read'), receiptOf(message, 'sent')]);
    expect((await find('one')).version).toBe(read.version);
  });

  it('marks a message failed with its reason, and an officer may send it again', async () => {
    const { runtime, reply, find, id, settle, textsSent } = await start();
    await reply('one');
    const message = await find('one');
    await runtime.receipts.accept([receiptOf(message, 'failed', 'person-gone')]);
    expect(await find('one')).toMatchObject({ status: 'failed', failure: 'person-gone' });
    const act = { type: 'resend-requested', officerId, messageId: toId<'message'>(message.id) } as const;
    expect(await runtime.handoff.act(id, act, 'resend-1')).toEqual({ is: 'accepted' });
    await settle();
    expect(await find('one')).toMatchObject({ status: 'sent' });
    expect(textsSent().filter((text) => text === 'one')).toHaveLength(2);
  });

  it('that comes before the answer of its send waits in the store and then counts', async () => {
    let release = () => {};
    const answered = new Promise<void>((resolve) => (release = resolve));
    let isHeldUp = false;
    const world = await start({ after: async () => (isHeldUp ? answered : undefined) });
    const { runtime, repositories, clock, id, find, settle } = world;
    isHeldUp = true;
    const event = { type: 'officer-replied', officerId, content: { type: 'text', text: 'one' } } as const;
    await runtime.handoff.act(id, event, 'held-up');
    await expect.poll(() => world.textsSent().includes('one')).toBe(true);
    const message = await find('one');
    expect(message.status).toBe('sending');
    await runtime.receipts.accept([receiptOf(message, 'sent'), receiptOf(message, 'delivered')]);
    await runtime.receipts.accept([receiptOf(message, 'delivered')]);
    expect((await find('one')).status).toBe('sending');
    expect(await repositories.receipts.due(clock.now() + hour, 10)).toHaveLength(1);
    release();
    await settle();
    await expect.poll(async () => (await find('one')).status, { timeout: 5_000 }).toBe('delivered');
    await expect.poll(() => repositories.receipts.due(clock.now() + hour, 10)).toEqual([]);
  });

  it('of a message that nobody here sent is forgotten after an hour, with growing pauses until then', async () => {
    const { runtime, repositories, clock } = await start();
    const stranger = receiptOf({ id: 'not-ours' }, 'delivered');
    await runtime.receipts.accept([stranger]);
    const due = () => repositories.receipts.due(clock.now() + 10 * hour, 10);
    const tries: number[] = [];
    for (let minutes = 0; minutes < 70; minutes += 10) {
      tries.push((await due())[0]?.tries ?? -1);
      clock.advance(600_000);
      await expect.poll(async () => (await due())[0]?.tries ?? -1, { timeout: 5_000 }).not.toBe(tries.at(-1));
      if ((await due()).length === 0) break;
    }
    expect(await due()).toEqual([]);
    expect(tries.length).toBeGreaterThan(4);
  });

  it('is kept without a word of the person or the platform', async () => {
    const { runtime, repositories } = await start();
    await runtime.receipts.accept([receiptOf({ id: 'x966501234567' }, 'failed', 'person-gone')]);
    const [kept] = await repositories.receipts.due(Date.now() + hour, 10);
    expect(JSON.stringify(kept)).not.toContain('966501234567');
    expect(kept).toMatchObject({ status: 'failed', failure: 'person-gone' });
  });

  it('is not taken while the store is away, so that the platform gives it again', async () => {
    let isAway = false;
    const leaving: Store = {
      ...opened.store,
      collection: (name) => {
        const collection = opened.store.collection(name);
        const find: typeof collection.find = (query) =>
          isAway ? Promise.reject(new StoreUnavailable('away')) : collection.find(query);
        return { ...collection, find };
      },
    };
    const { runtime } = await createWorld({ store: leaving, adapters: [] });
    isAway = true;
    await expect(runtime.receipts.accept([receiptOf({ id: 'x' }, 'sent')])).rejects.toThrow(StoreUnavailable);
  });
});

describe('when a person has not written for 24 hours', () => {
  const template = { name: 'case_update', language: 'ar', parameters: [] };

  it('holds a reply before any send, says why, and lets the template behind it through', async () => {
    const { clock, reply, find, textsSent } = await start();
    clock.advance(24 * hour);
    const before = textsSent().length;
    await reply('too late');
    await reply('a template', template);
    await reply('too late again');
    expect(textsSent().slice(before)).toEqual(['a template']);
    expect(await find('too late')).toMatchObject({ status: 'held', failure: outsideWindow, attempts: 0 });
    expect(await find('a template')).toMatchObject({ status: 'sent' });
  });

  it('sends a minute before', async () => {
    const { clock, reply, find } = await start();
    clock.advance(24 * hour - 60_000);
    await reply('just in time');
    expect(await find('just in time')).toMatchObject({ status: 'sent' });
  });

  it('sends what was held, in its order, when the person writes again', async () => {
    const { clock, reply, writes, textsSent, find, repositories, id } = await start();
    clock.advance(25 * hour);
    await reply('first');
    await reply('second');
    const before = textsSent().length;
    await writes('b1');
    await reply('third');
    expect(textsSent().slice(before)).toEqual(['first', 'second', 'third']);
    expect(await find('first')).toMatchObject({ status: 'sent' });
    expect(await repositories.messages.held(id, 10)).toEqual([]);
  });

  it('holds what the platform refused after taking it, and sends it once the person writes', async () => {
    const { runtime, reply, writes, find, textsSent } = await start();
    await reply('late after all');
    await reply('behind it');
    const message = await find('late after all');
    await runtime.receipts.accept([receiptOf(message, 'failed', outsideWindow)]);
    expect(await find('late after all')).toMatchObject({ status: 'held', failure: outsideWindow });
    await writes('b1');
    expect(textsSent().slice(-2)).toEqual(['behind it', 'late after all']);
    expect((await find('late after all')).status).toBe('sent');
  });

  it('sends at once what was refused while the person was writing', async () => {
    const { runtime, clock, reply, writes, find, textsSent } = await start();
    await reply('crossed');
    const message = await find('crossed');
    clock.advance(1_000);
    await writes('b1');
    await runtime.receipts.accept([receiptOf(message, 'failed', outsideWindow)]);
    await expect.poll(() => textsSent().filter((text) => text === 'crossed')).toHaveLength(2);
    await expect.poll(async () => (await find('crossed')).status).toBe('sent');
  });

  it('leaves held what waits for something else', async () => {
    const { repositories, reply, find, writes } = await start();
    await reply('one');
    await repositories.messages.update(await find('one'), { status: 'held', failure: 'something-else' });
    await writes('b1');
    expect(await find('one')).toMatchObject({ status: 'held', failure: 'something-else' });
  });
});
