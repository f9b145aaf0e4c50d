import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SendError, StoreUnavailable } from '../../src/domain/errors.ts';
import { toId } from '../../src/domain/ids.ts';
import type { ChannelAdapter } from '../../src/ports/channel.ts';
import type { Repositories } from '../../src/ports/repositories.ts';
import type { Store } from '../../src/ports/store.ts';
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

async function start(
  options: Partial<Parameters<typeof createWorld>[0]> & { adapters?: readonly ChannelAdapter[] } = {},
) {
  const channel = options.adapters?.[0] ?? createRecordingChannel();
  const world = await createWorld({ store: opened.store, adapters: [channel], ...options });
  running.push(world.runtime);
  await world.runtime.startWorker();
  return { ...world, channel: channel as ReturnType<typeof createRecordingChannel> };
}

function textsTo(channel: ReturnType<typeof createRecordingChannel>, chat: string): string[] {
  return channel.sent.flatMap((sent) =>
    sent.chat === chat && sent.content.type === 'text' ? [plain(sent.content.text)] : [],
  );
}

/** Without the marks that keep numbers and names apart from the text around them. */
function plain(text: string): string {
  return text.replace(/[\u2066-\u2069]/g, '');
}

async function settle(repositories: Repositories, ...chats: string[]) {
  await settled(
    repositories,
    chats.map((chat) => repositories.ids.conversation(addressOf(chat))),
  );
}

async function toEcho(runtime: Runtime, repositories: Repositories, chat: string) {
  await runtime.intake.accept([
    messageFrom(chat, 'a1', 'hello'),
    messageFrom(chat, 'a2', 'Amal'),
    messageFrom(chat, 'a3', '4'),
  ]);
  await settle(repositories, chat);
}

describe('the way of a message', () => {
  it('answers in order, opens a case and tells its reference', async () => {
    const { runtime, repositories, channel } = await start();
    await toEcho(runtime, repositories, '7');
    const texts = textsTo(channel, '7');
    expect(texts.slice(0, 2)).toEqual(['What is your name?', 'How many are you, Amal?']);
    const reference = /Your number is (W-\d{7})\./.exec(texts[2] ?? '')?.[1] ?? '';
    const found = await repositories.cases.findByReference(reference);
    expect(found?.answers).toMatchObject([{ name: 'people', value: 4 }]);
    expect(texts[3]).toBe('Anything else?');
  });

  it('keeps a transcript of both sides in order', async () => {
    const { runtime, repositories } = await start();
    await toEcho(runtime, repositories, '7');
    const lines = await repositories.messages.page(repositories.ids.conversation(addressOf('7')), { limit: 50 });
    const said = lines.reverse().map((line) => (line.direction === 'in' ? 'person' : 'bot'));
    expect(said).toEqual(['person', 'bot', 'person', 'bot', 'person', 'bot', 'bot']);
  });

  it('answers three messages of one batch in order, for 200 people', async () => {
    const { runtime, repositories, channel } = await start();
    const chats = Array.from({ length: 200 }, (_, index) => `p${index}`);
    const begun = chats.flatMap((chat) => [
      messageFrom(chat, 'a1', 'hi'),
      messageFrom(chat, 'a2', 'Amal'),
      messageFrom(chat, 'a3', '4'),
    ]);
    await runtime.intake.accept(begun);
    await settle(repositories, ...chats);
    await runtime.intake.accept(
      chats.flatMap((chat) => ['b1', 'b2', 'b3'].map((id) => messageFrom(chat, id, `${chat} ${id}`))),
    );
    await settle(repositories, ...chats);
    for (const chat of chats) {
      expect(textsTo(channel, chat).slice(-3)).toEqual(['b1', 'b2', 'b3'].map((id) => `heard ${chat} ${id}`));
    }
  });

  it('processes an update that is delivered three times once', async () => {
    const { runtime, repositories, channel } = await start();
    await toEcho(runtime, repositories, '7');
    const sent = channel.sent.length;
    for (let copy = 0; copy < 3; copy += 1) await runtime.intake.accept([messageFrom('7', 'b1', 'once')]);
    await settle(repositories, '7');
    await runtime.intake.accept([messageFrom('7', 'b1', 'once')]);
    await settle(repositories, '7');
    expect(textsTo(channel, '7').slice(sent)).toEqual(['heard once']);
  });

  it('processes what was stored before its bell could be rung', async () => {
    const clock = createMovableClock();
    const mute = {
      ring: () => Promise.reject(new Error('away')),
      listen: async () => {},
      close: async () => {},
      ping: async () => {},
    };
    const web = await createWorld({ store: opened.store, adapters: [], queue: mute, clock });
    await web.runtime.intake.accept([messageFrom('7', 'a1', 'hi')]);
    const { repositories, channel } = await start({ clock });
    await settle(repositories, '7');
    expect(textsTo(channel, '7')).toEqual(['What is your name?']);
  });
});

describe('when the store is away for a while', () => {
  it('refuses the message, so that the platform gives it again', async () => {
    const { repositories, runtime } = await start();
    await toEcho(runtime, repositories, '7');
    const away: Store = {
      ...opened.store,
      collection: (name) => ({
        ...opened.store.collection(name),
        insert: () => Promise.reject(new StoreUnavailable('away')),
      }),
      batch: () => Promise.reject(new StoreUnavailable('away')),
    };
    const web = await createWorld({ store: away, adapters: [] });
    await expect(web.runtime.intake.accept([messageFrom('7', 'b1', 'hi')])).rejects.toThrow(StoreUnavailable);
  });
});

describe('when a message cannot be sent', () => {
  it('holds the lane while it may work later, and keeps the order', async () => {
    let failures = 2;
    const channel = createRecordingChannel({
      before: async () => {
        if (failures-- > 0) throw new SendError({ is: 'retryable', reason: 'busy', afterMs: 50 });
      },
    });
    const { runtime, repositories } = await start({ adapters: [channel] });
    await toEcho(runtime, repositories, '7');
    expect(textsTo(channel, '7').slice(0, 2)).toEqual(['What is your name?', 'How many are you, Amal?']);
  });

  it('marks a final failure and goes on with the next', async () => {
    let isFirst = true;
    const channel = createRecordingChannel({
      before: async () => {
        if (isFirst) {
          isFirst = false;
          throw new SendError({ is: 'final', reason: 'bad' });
        }
      },
    });
    const { runtime, repositories } = await start({ adapters: [channel] });
    await toEcho(runtime, repositories, '7');
    expect(textsTo(channel, '7')[0]).toBe('How many are you, Amal?');
    const lines = await repositories.messages.page(repositories.ids.conversation(addressOf('7')), { limit: 50 });
    expect(lines.filter((line) => 'status' in line && line.status === 'failed')).toHaveLength(1);
  });

  it('sends a message whose answer was lost once more', async () => {
    let isLost = true;
    const channel = createRecordingChannel({
      after: async () => {
        if (isLost) {
          isLost = false;
          throw new SendError({ is: 'retryable', reason: 'socket', uncertain: true, afterMs: 10 });
        }
      },
    });
    const { runtime, repositories } = await start({ adapters: [channel] });
    await toEcho(runtime, repositories, '7');
    expect(textsTo(channel, '7').slice(0, 3)).toEqual([
      'What is your name?',
      'What is your name?',
      'How many are you, Amal?',
    ]);
  });
});

describe('when an officer changes a case', () => {
  it('tells the person once, keeps the question that was open, and shows the status', async () => {
    const { runtime, repositories, channel } = await start();
    await toEcho(runtime, repositories, '7');
    const id = repositories.ids.conversation(addressOf('7'));
    const [opened] = await repositories.cases.list({ limit: 1 });
    if (!opened) throw new Error('no case was opened');
    const act = {
      ...({ type: 'case-changed', officerId: toId<'officer'>('huda') } as const),
      ...({ caseId: opened.id, reference: opened.reference, status: 'approved' } as const),
    };
    expect(await runtime.handoff.act(id, act, 'request-1')).toEqual({ is: 'accepted' });
    expect(await runtime.handoff.act(id, act, 'request-1')).toEqual({ is: 'accepted' });
    await settle(repositories, '7');
    expect(textsTo(channel, '7').slice(-2)).toEqual([`Request ${opened.reference}: approved.`, 'Anything else?']);
    expect((await repositories.cases.get(opened.id))?.status).toBe('approved');
  });
});

describe('when one conversation is slow or loops', () => {
  it('does not delay the others', async () => {
    let release: () => void = () => {};
    const stuck = new Promise<void>((resolve) => (release = resolve));
    const channel = createRecordingChannel({
      before: async ({ address }) => (address.chat === 'slow' ? stuck : undefined),
    });
    const { runtime, repositories } = await start({ adapters: [channel] });
    await runtime.intake.accept([messageFrom('slow', 'a1', 'hi')]);
    await toEcho(runtime, repositories, 'quick');
    expect(textsTo(channel, 'quick')).toHaveLength(4);
    expect(textsTo(channel, 'slow')).toHaveLength(0);
    release();
    await settle(repositories, 'slow');
  });
});

describe('when an officer takes part', () => {
  const officerId = toId<'officer'>('huda');

  async function queued() {
    const world = await start();
    await toEcho(world.runtime, world.repositories, '7');
    await world.runtime.intake.accept([messageFrom('7', 'h1', 'human')]);
    await settle(world.repositories, '7');
    const id = world.repositories.ids.conversation(addressOf('7'));
    return { ...world, id };
  }

  it('lists who waits, with the reason', async () => {
    const { repositories, id, channel } = await queued();
    expect(textsTo(channel, '7').at(-1)).toBe('An officer will answer you.');
    const waiting = await repositories.conversations.list('queue', { limit: 10 });
    expect(waiting.map((one) => [one.id, one.handoff?.reason])).toEqual([[id, 'asked']]);
  });

  it('lets one officer claim and refuses the second', async () => {
    const { runtime, id } = await queued();
    const claim = { type: 'officer-claimed', officerId, officerName: 'Huda' } as const;
    expect(await runtime.handoff.act(id, claim, 'request-1')).toEqual({ is: 'accepted' });
    const second = { ...claim, officerId: toId<'officer'>('sami') };
    expect(await runtime.handoff.act(id, second, 'request-2')).toEqual({ is: 'refused', code: 'owned-by-another' });
  });

  it('keeps the bot silent, relays the officer, and hands back with a survey', async () => {
    const { runtime, repositories, id, channel } = await queued();
    await runtime.handoff.act(id, { type: 'officer-claimed', officerId, officerName: 'Huda' }, 'request-1');
    const before = channel.sent.length;
    await runtime.intake.accept([messageFrom('7', 'c1', 'are you there?')]);
    await settle(repositories, '7');
    expect(channel.sent).toHaveLength(before);
    const reply = { type: 'officer-replied', officerId, content: { type: 'text', text: 'I am here.' } } as const;
    await runtime.handoff.act(id, reply, 'request-3');
    await runtime.handoff.act(id, reply, 'request-3');
    await runtime.handoff.act(id, { type: 'officer-noted', officerId, text: 'calls tomorrow' }, 'request-4');
    expect(await runtime.handoff.act(id, { type: 'officer-closed', officerId }, 'request-5')).toEqual({
      is: 'accepted',
    });
    await settle(repositories, '7');
    expect(textsTo(channel, '7').slice(-2)).toEqual(['I am here.', 'How was it?']);
    await runtime.intake.accept([messageFrom('7', 'c2', '5')]);
    await settle(repositories, '7');
    const [survey] = await repositories.learning.list('survey', { limit: 10 });
    expect(survey?.body).toMatchObject({ survey: 'service', scores: { csat: 5 } });
  });

  it('resends a failed message when an officer asks', async () => {
    let isBroken = true;
    const channel = createRecordingChannel({
      before: async () => {
        if (isBroken) throw new SendError({ is: 'final', reason: 'bad' });
      },
    });
    const { runtime, repositories } = await start({ adapters: [channel] });
    await runtime.intake.accept([messageFrom('7', 'a1', 'hi')]);
    await settle(repositories, '7');
    const id = repositories.ids.conversation(addressOf('7'));
    const failed = (await repositories.messages.page(id, { limit: 10 })).find((line) => line.direction === 'out');
    isBroken = false;
    const act = { type: 'resend-requested', officerId, messageId: toId<'message'>(failed?.id ?? '') } as const;
    expect(await runtime.handoff.act(id, act, 'request-1')).toEqual({ is: 'accepted' });
    await settle(repositories, '7');
    expect(textsTo(channel, '7')).toEqual(['What is your name?']);
  });

  it('obeys "delete my data" although an officer has the conversation', async () => {
    const { runtime, repositories, id, channel } = await queued();
    await runtime.handoff.act(id, { type: 'officer-claimed', officerId, officerName: 'Huda' }, 'request-1');
    await runtime.intake.accept([messageFrom('7', 'd1', 'delete my data')]);
    await settle(repositories, '7');
    await expect
      .poll(async () => repositories.conversations.get(id), { timeout: 5_000 })
      .toMatchObject({ erased: true });
    expect(textsTo(channel, '7').at(-1)).toBe('You are forgotten. Farewell.');
    expect(await repositories.messages.page(id, { limit: 50 })).toEqual([]);
    await runtime.intake.accept([messageFrom('7', 'e1', 'hello again')]);
    await settle(repositories, '7');
    expect(textsTo(channel, '7').at(-1)).toBe('What is your name?');
  });
});
