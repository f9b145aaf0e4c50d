import { beforeEach, describe, expect, it } from 'vitest';
import { toId } from '../../src/domain/ids.ts';
import type { InboundContent } from '../../src/domain/message.ts';
import type { Store } from '../../src/ports/store.ts';
import type { OfficerAct } from '../../src/runtime/handoff.ts';
import { createCrashingStore } from '../support/crashing-store.ts';
import { createRecordingChannel, type Sent } from '../support/recording-channel.ts';
import { storeKinds } from '../support/open-test-store.ts';
import { addressOf, createMovableClock, createWorld, messageFrom, settled } from '../support/world.ts';

const photo = { type: 'media', media: { kind: 'photo', fileId: 'file-1' } } as const;

/**
 * Kills the process after each durable write of a dialogue, one write at a time, and compares what the person saw and what the
 * transcript holds with a run that nobody killed. The platform gives a message again until it was told that it is stored.
 */
describe.each(storeKinds)('when the process is killed after any one durable write to $name', ({ name: kind, open }) => {
  // On a server over a socket every fourth write is one to die after; the writes are the same.
  const step = kind === 'SQLite' ? 1 : 4;
  let opened: { readonly store: Store };

  beforeEach(async () => {
    opened = await open();
  });

  it.each<[string, Script, number]>([
    // Insert, commit, follow-up and sent of five messages and one case result: a smaller number means that writes went uncounted.
    ['a request with its case', (chat) => ['hello', 'Amal', '4', 'first', 'second'].map(saying(chat)), 30],
    ['an officer who claims, replies, notes and closes', officersDialogue, 40],
    ['a photo that is fetched', (chat) => [photo, 'hello'].map(saying(chat)), 12],
  ])(
    'says and keeps the same as if it had not been, one lost answer apart: %s',
    async (name, script, fewestWrites) => {
      const whole = createCrashingStore(opened.store, Infinity);
      const expected = await converse(`${name} whole`, script, whole.store, new Promise(() => {}));
      expect(expected.seen).toEqual(expected.seenOnce);
      const writes = whole.writesDone();
      expect(writes).toBeGreaterThan(fewestWrites);

      for (let write = 1; write <= writes; write += step) {
        const crashing = createCrashingStore(opened.store, write);
        const actual = await converse(`${name} killed-after-${write}`, script, crashing.store, crashing.died);
        // The first run of a store also writes what every later one finds: its last few writes are not there to be killed after.
        if (write < writes - 5) expect(crashing.isDead(), `died after write ${write}`).toBe(true);
        expect(actual.seenOnce, `seen when killed after write ${write}`).toEqual(expected.seen);
        expect(actual.repeats, `sends repeated when killed after write ${write}`).toBeLessThanOrEqual(1);
        expect(actual.transcript, `transcript when killed after write ${write}`).toEqual(expected.transcript);
      }
    },
    240_000,
  );

  type World = Awaited<ReturnType<typeof createWorld>>;
  /** One thing somebody does. It rejects or never ends when the process dies, and is then done again. */
  type Step = (world: World) => Promise<unknown>;
  type Script = (chat: string) => readonly Step[];

  function saying(chat: string) {
    return (content: InboundContent | string, index: number): Step =>
      ({ runtime }) =>
        runtime.intake.accept([messageFrom(chat, `m${index}`, content)]);
  }

  function officersDialogue(chat: string): Step[] {
    const officerId = toId<'officer'>('huda');
    const acting =
      (act: OfficerAct): Step =>
      async ({ runtime, repositories }) => {
        const id = repositories.ids.conversation(addressOf(chat));
        expect(await runtime.handoff.act(id, act, `request-${act.type}`)).toEqual({ is: 'accepted' });
      };
    const says = saying(chat);
    return [
      ...['hello', 'human'].map(says),
      acting({ type: 'officer-claimed', officerId, officerName: 'Huda' }),
      says('are you there?', 2),
      acting({ type: 'officer-replied', officerId, content: { type: 'text', text: 'I am here.' } }),
      acting({ type: 'officer-noted', officerId, text: 'calls tomorrow' }),
      acting({ type: 'officer-closed', officerId }),
      says('5', 3),
    ];
  }

  /** One person's dialogue on a platform that outlives two processes: the first may die, the second finishes. */
  async function converse(chat: string, script: Script, firstStore: Store, died: Promise<void>) {
    const clock = createMovableClock();
    const sent: Sent[] = [];
    const steps = script(chat);
    const openMedia = () => Promise.resolve(oneFile());
    const start = async (store: Store) => {
      const world = await createWorld({ store, adapters: [createRecordingChannel({ sent, openMedia })], clock });
      await world.runtime.startWorker();
      return world;
    };

    const done = new Set<Step>();
    let world: World | null = null;
    const goesThrough = start(firstStore).then(async (first) => {
      world = first;
      await doAll(steps, done, first, chat);
    });
    const isDead = await Promise.race([goesThrough.then(() => false), died.then(() => true)]);
    if (isDead || !world) {
      // Longer than any claim.
      clock.advance(200_000);
      world = await start(opened.store);
      await doAll(steps, done, world, chat);
    }
    const result = await outcome(world.repositories, chat, sent);
    await world.runtime.close();
    return result;
  }

  async function doAll(steps: readonly Step[], done: Set<Step>, world: World, chat: string) {
    await idle(world.repositories, chat);
    for (const step of steps) {
      if (done.has(step)) continue;
      await step(world);
      done.add(step);
      await idle(world.repositories, chat);
    }
  }

  async function* oneFile() {
    yield await Promise.resolve(Buffer.from('a photo'));
  }

  type Repositories = Awaited<ReturnType<typeof createWorld>>['repositories'];

  async function idle(repositories: Repositories, chat: string) {
    const id = repositories.ids.conversation(addressOf(chat));
    await settled(repositories, [id]);
    const isPending = async () =>
      (await repositories.messages.page(id, { limit: 20 })).some((line) => line.attachment?.state.is === 'pending');
    while (await isPending()) await new Promise((resolve) => setTimeout(resolve, 20));
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
      transcript: lines.map((line) => [
        ...[line.direction, line.author.is, textOf(line.content)],
        'status' in line ? line.status : (line.attachment?.state.is ?? ''),
      ]),
    };
  }
});
