import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InboundMessage } from '../../src/domain/message.ts';
import type { Store } from '../../src/ports/store.ts';
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

/**
 * Kills the process after each durable write of a dialogue, one write at a time, and compares what the person saw and what the
 * transcript holds with a run that nobody killed. The platform gives a message again until it was told that it is stored.
 */
describe('when the process is killed after any one durable write', () => {
  let opened: Awaited<ReturnType<typeof openTemporaryStore>>;

  beforeEach(async () => {
    opened = await openTemporaryStore();
  });

  afterEach(async () => {
    await opened.store.close();
    await opened.remove();
  });

  it('says and keeps the same as if it had not been, one lost answer apart', async () => {
    const whole = createCrashingStore(opened.store, Infinity);
    const expected = await converse('whole', whole.store, new Promise(() => {}));
    expect(expected.seen).toEqual(expected.seenOnce);
    const writes = whole.writesDone();
    // Insert, commit, follow-up and sent of five messages and one case result: a smaller number means that writes went uncounted.
    expect(writes).toBeGreaterThan(30);

    for (let write = 1; write <= writes; write += 1) {
      const crashing = createCrashingStore(opened.store, write);
      const actual = await converse(`killed-after-${write}`, crashing.store, crashing.died);
      // The first run of a store also writes what every later one finds: its last few writes are not there to be killed after.
      if (write < writes - 5) expect(crashing.isDead(), `died after write ${write}`).toBe(true);
      expect(actual.seenOnce, `seen when killed after write ${write}`).toEqual(expected.seen);
      expect(actual.repeats, `sends repeated when killed after write ${write}`).toBeLessThanOrEqual(1);
      expect(actual.transcript, `transcript when killed after write ${write}`).toEqual(expected.transcript);
    }
  }, 240_000);

  /** One person's dialogue on a platform that outlives two processes: the first may die, the second finishes. */
  async function converse(chat: string, firstStore: Store, died: Promise<void>) {
    const clock = createMovableClock();
    const sent: Sent[] = [];
    const script = ['hello', 'Amal', '4', 'first', 'second'].map((text, index) => messageFrom(chat, `m${index}`, text));

    const first = await createWorld({ store: firstStore, adapters: [createRecordingChannel({ sent })], clock });
    await first.runtime.startWorker();
    const acknowledged = new Set<InboundMessage>();
    const givesAll = giveAll(script, acknowledged, first.runtime.intake.accept, () => idle(first.repositories, chat));
    const isDead = await Promise.race([givesAll.then(() => false), died.then(() => true)]);

    if (isDead) {
      clock.advance(60_000);
      const second = await createWorld({ store: opened.store, adapters: [createRecordingChannel({ sent })], clock });
      await second.runtime.startWorker();
      await giveAll(script, acknowledged, second.runtime.intake.accept, () => idle(second.repositories, chat));
      const result = await outcome(second.repositories, chat, sent);
      await second.runtime.close();
      return result;
    }
    const result = await outcome(first.repositories, chat, sent);
    await first.runtime.close();
    return result;
  }

  async function giveAll(
    script: readonly InboundMessage[],
    acknowledged: Set<InboundMessage>,
    accept: (messages: readonly InboundMessage[]) => Promise<void>,
    idleNow: () => Promise<void>,
  ) {
    await idleNow();
    for (const message of script) {
      if (acknowledged.has(message)) continue;
      await accept([message]);
      acknowledged.add(message);
      await idleNow();
    }
  }

  type Repositories = Awaited<ReturnType<typeof createWorld>>['repositories'];

  async function idle(repositories: Repositories, chat: string) {
    await settled(repositories, [repositories.ids.conversation(addressOf(chat))]);
  }

  async function outcome(repositories: Repositories, chat: string, sent: readonly Sent[]) {
    const id = repositories.ids.conversation(addressOf(chat));
    const lines = (await repositories.messages.page(id, { limit: 100 })).reverse();
    const plain = (text: string) => text.replace(/[\u2066-\u2069]/g, '').replace(/W-\d{7}/, 'W-REFERENCE');
    const textOf = (content: { type: string; text?: string }) => plain(content.text ?? content.type);
    const once = sent.filter((one, index) => sent.findIndex((other) => other.messageId === one.messageId) === index);
    return {
      seen: sent.map((one) => textOf(one.content)),
      seenOnce: once.map((one) => textOf(one.content)),
      repeats: sent.length - once.length,
      transcript: lines.map((line) => [line.direction, textOf(line.content), 'status' in line ? line.status : '']),
    };
  }
});
