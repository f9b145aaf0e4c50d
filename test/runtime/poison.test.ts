import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../src/domain/errors.ts';
import type { Program } from '../../src/flow/program.ts';
import type { Store } from '../../src/ports/store.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { testProgram } from '../support/program.ts';
import { createRecordingChannel } from '../support/recording-channel.ts';
import { addressOf, createWorld, messageFrom, openTemporaryStore, settled } from '../support/world.ts';

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

/** A program that does something else than answer as soon as somebody says "poison". */
function poisonedBy(act: () => void): Program {
  const program = testProgram();
  return {
    ...program,
    matchIntent(text) {
      if (text.includes('poison')) act();
      return program.matchIntent(text);
    },
  };
}

async function start(options: Partial<Parameters<typeof createWorld>[0]> = {}) {
  const channel = createRecordingChannel();
  const world = await createWorld({ store: opened.store, adapters: [channel], ...options });
  running.push(world.runtime);
  await world.runtime.startWorker();
  const id = world.repositories.ids.conversation(addressOf('7'));
  const texts = () => channel.sent.map(({ content }) => (content.type === 'text' ? content.text : content.type));
  return { ...world, channel, id, texts };
}

describe('an event that cannot be decided', () => {
  it('is parked after three counted tries, the person is offered a human, and the conversation goes on', async () => {
    let tries = 0;
    const program = poisonedBy(() => {
      tries += 1;
      throw new Error('a mistake of ours');
    });
    const { runtime, repositories, id, texts } = await start({ program });
    const batch = ['hello', 'poison', 'Amal'].map((text, index) => messageFrom('7', `m${index}`, text));
    await runtime.intake.accept(batch);
    await settled(repositories, [id], 20_000);
    // Once as one of a fresh batch, then three times on its own.
    expect(tries).toBe(4);
    const said = texts();
    expect(said[0]).toBe('What is your name?');
    expect(said[1]).toMatch(/went wrong|sorry/i);
    expect(said).toHaveLength(3);
    const lines = (await repositories.messages.page(id, { limit: 10 })).reverse();
    expect(lines.filter((line) => line.direction === 'in')).toMatchObject(batch.map(({ content }) => ({ content })));
    const [failure] = await repositories.learning.list('failure', { limit: 5 });
    expect(failure?.body).toMatchObject({ code: 'event-parked' });
  });

  it('keeps nobody else waiting', async () => {
    const program = poisonedBy(() => {
      throw new Error('a mistake of ours');
    });
    const { runtime, repositories, channel } = await start({ program });
    await runtime.intake.accept([messageFrom('7', 'm0', 'poison')]);
    await runtime.intake.accept([messageFrom('8', 'm0', 'hello')]);
    await settled(repositories, [repositories.ids.conversation(addressOf('8'))], 1_000);
    expect(channel.sent.map(({ chat }) => chat)).toEqual(['8']);
  });
});

describe('an event that kills the process', () => {
  it('is parked by the fourth start that meets it, since its tries are counted before they begin', async () => {
    /** Everything this process asks of the store from now on is never answered: it is dead. */
    let kill: () => void = () => {};
    let deaths = 0;
    const dying = async (message?: Parameters<Runtime['intake']['accept']>[0]) => {
      let isDead = false;
      const died = new Promise<void>((resolve) => {
        kill = () => {
          isDead = true;
          deaths += 1;
          resolve();
        };
      });
      const program = poisonedBy(() => kill());
      const store = deafAfter(() => isDead);
      const { runtime } = await createWorld({ store, adapters: [createRecordingChannel()], program });
      // Not waited for: it may die before it has begun. A dead process closes nothing either.
      void runtime.startWorker();
      if (message) await runtime.intake.accept(message);
      await died;
    };
    await dying([messageFrom('7', 'm0', 'poison')]);
    for (let restart = 1; restart <= 3; restart += 1) await dying();
    expect(deaths).toBe(4);

    const { repositories, id, texts } = await start({ program: poisonedBy(() => kill()) });
    await settled(repositories, [id]);
    expect(deaths).toBe(4);
    expect(texts()[0]).toMatch(/went wrong|sorry/i);
    expect(await repositories.conversations.get(id)).toMatchObject({ consumed: [{ outcome: { is: 'parked' } }] });
  });

  function deafAfter(isDead: () => boolean): Store {
    const never = new Promise<never>(() => {});
    const collection: Store['collection'] = (name) => {
      const real = opened.store.collection(name);
      return new Proxy(real, {
        get: (target, verb: keyof typeof real) => {
          const call = target[verb].bind(target) as (...parameters: unknown[]) => Promise<unknown>;
          return (...parameters: unknown[]) => (isDead() ? never : call(...parameters));
        },
      });
    };
    const batch: Store['batch'] = (writes) => (isDead() ? never : opened.store.batch(writes));
    return { ...opened.store, collection, batch };
  }
});

describe('a store that comes and goes', () => {
  it('does not make an event a failed one, however often it fails in the middle of a try', async () => {
    let failures = 8;
    const collection: Store['collection'] = (name) => {
      const real = opened.store.collection(name);
      if (name !== 'conversations') return real;
      return {
        ...real,
        insert: async (document) => {
          if (failures-- > 0) throw new StoreUnavailable('away for a moment');
          await real.insert(document);
        },
      };
    };
    const { runtime, repositories, id, texts } = await start({ store: { ...opened.store, collection } });
    await runtime.intake.accept([messageFrom('7', 'm0', 'hello')]);
    // The sweep rings every second beside the queue's growing pauses.
    await settled(repositories, [id], 25_000);
    expect(failures).toBeLessThan(0);
    expect(texts()).toEqual(['What is your name?']);
    expect(await repositories.conversations.get(id)).toMatchObject({ consumed: [{ outcome: { is: 'accepted' } }] });
  });
});
