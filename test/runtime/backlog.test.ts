import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { createCountedStore } from '../support/counted-store.ts';
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

describe('a backlog that has waited for long', () => {
  it('is decided many events at a time, as a young one is', async () => {
    const clock = createMovableClock();
    const counted = createCountedStore(opened.store);
    const start = async () => {
      const channel = createRecordingChannel();
      const world = await createWorld({ store: counted.store, adapters: [channel], clock });
      running.push(world.runtime);
      return { ...world, channel };
    };
    const earlier = await start();
    await earlier.runtime.startWorker();
    const id = earlier.repositories.ids.conversation(addressOf('1'));
    for (const [index, text] of ['hello', 'Amal', '5'].entries()) {
      await earlier.runtime.intake.accept([messageFrom('1', `a${index}`, text)]);
      await settled(earlier.repositories, [id]);
    }
    await earlier.runtime.close();
    const texts = Array.from({ length: 100 }, (_, index) => `word ${index}`);
    await earlier.runtime.intake.accept(texts.map((text) => messageFrom('1', text, text)));
    clock.advance(60_000);

    counted.writes.length = 0;
    const later = await start();
    await later.runtime.startWorker();
    await settled(later.repositories, [id]);
    expect(later.channel.sent.map(({ content }) => (content.type === 'text' ? plain(content.text) : ''))).toEqual(
      texts.map((text) => `heard ${text}`),
    );
    // 20 at a time.
    expect(counted.writes.filter((write) => write === 'replace conversations').length).toBeLessThan(10);
  });
});

/** Without the marks that keep numbers and names apart from the text around them. */
function plain(text: string): string {
  return text.replace(/[\u2066-\u2069]/g, '');
}
