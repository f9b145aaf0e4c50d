import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { createCrashingStore } from '../support/crashing-store.ts';
import { createRecordingChannel, type Sent } from '../support/recording-channel.ts';
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

const clock = createMovableClock();

/** A worker that shares nothing with the others but the store and the platform: its queue and its bells are its own. */
async function startWorker(sent: Sent[], { store = opened.store, sendMs = 3 } = {}) {
  const pause = () => new Promise<void>((resolve) => setTimeout(resolve, sendMs));
  const channel = createRecordingChannel({ sent, before: pause, after: pause });
  const world = await createWorld({ store, adapters: [channel], isSoleWorker: false, clock });
  await world.runtime.startWorker();
  return world;
}

const plain = (text: string) => text.replace(/[\u2066-\u2069]/g, '');

function heardBy(sent: readonly Sent[], chat: string) {
  const own = sent.filter((one) => one.chat === chat);
  const once = own.filter((one, index) => own.findIndex((other) => other.messageId === one.messageId) === index);
  const texts = once.map(({ content }) => (content.type === 'text' ? plain(content.text) : content.type));
  return { texts: texts.filter((text) => text.startsWith('heard')), repeats: own.length - once.length };
}

async function toEcho(
  runtime: Runtime,
  repositories: Awaited<ReturnType<typeof startWorker>>['repositories'],
  chats: string[],
) {
  for (const [index, text] of ['hello', 'Amal', '4'].entries())
    await runtime.intake.accept(chats.map((chat) => messageFrom(chat, `begin-${index}`, text)));
  await settled(
    repositories,
    chats.map((chat) => repositories.ids.conversation(addressOf(chat))),
    20_000,
  );
}

describe('two workers on one store', () => {
  const chats = Array.from({ length: 20 }, (_, index) => `p${index}`);
  const texts = Array.from({ length: 6 }, (_, index) => `t${index}`);

  it('answer each message once and in order, although both are told of all of them', async () => {
    const sent: Sent[] = [];
    const [one, two] = [await startWorker(sent), await startWorker(sent)];
    running = [one.runtime, two.runtime];
    await toEcho(one.runtime, one.repositories, chats);
    for (const [index, text] of texts.entries()) {
      const batch = chats.map((chat) => messageFrom(chat, `m-${index}`, text));
      // The platform gives everything to both.
      await Promise.all([one.runtime.intake.accept(batch), two.runtime.intake.accept(batch)]);
    }
    await settled(
      one.repositories,
      chats.map((chat) => one.repositories.ids.conversation(addressOf(chat))),
      25_000,
    );
    for (const chat of chats)
      expect(heardBy(sent, chat), chat).toEqual({ texts: texts.map((text) => `heard ${text}`), repeats: 0 });
  });

  it.each([40, 97, 180, 333])(
    'lose nothing and reorder nothing when one of them is killed after %i writes',
    async (writes) => {
      const sent: Sent[] = [];
      const two = await startWorker(sent);
      running = [two.runtime];
      await toEcho(two.runtime, two.repositories, chats);
      const crashing = createCrashingStore(opened.store, writes);
      const one = await startWorker(sent, { store: crashing.store });

      for (const [index, text] of texts.entries()) {
        const batch = chats.map((chat) => messageFrom(chat, `m-${index}`, text));
        // What the dead one does not acknowledge, the platform gives to the other.
        await Promise.race([one.runtime.intake.accept(batch), crashing.died]);
        if (crashing.isDead()) await two.runtime.intake.accept(batch);
      }
      await crashing.died;
      clock.advance(30_000); // Its claims run out.
      await settled(
        two.repositories,
        chats.map((chat) => two.repositories.ids.conversation(addressOf(chat))),
        25_000,
      );
      for (const chat of chats) {
        const heard = heardBy(sent, chat);
        expect(heard.texts, chat).toEqual(texts.map((text) => `heard ${text}`));
        // A lane has one message on its way: only of that one the answer can be lost.
        expect(heard.repeats, chat).toBeLessThanOrEqual(1);
      }
    },
  );

  it('answer a second message soon while the other one still sends the first reply', async () => {
    const sent: Sent[] = [];
    const [one, two] = [await startWorker(sent, { sendMs: 150 }), await startWorker(sent, { sendMs: 150 })];
    running = [one.runtime, two.runtime];
    await toEcho(one.runtime, one.repositories, ['7']);
    const begun = Date.now();
    await one.runtime.intake.accept([messageFrom('7', 'm-0', 't0')]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await two.runtime.intake.accept([messageFrom('7', 'm-1', 't1')]);
    await settled(one.repositories, [one.repositories.ids.conversation(addressOf('7'))], 5_000);
    expect(heardBy(sent, '7').texts).toEqual(['heard t0', 'heard t1']);
    expect(Date.now() - begun).toBeLessThan(5_000);
  });
});
