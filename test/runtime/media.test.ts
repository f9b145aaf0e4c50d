import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SendError } from '../../src/domain/errors.ts';
import { stripDirection } from '../../src/flow/isolate.ts';
import type { OpenAccounts } from '../../src/ports/accounts.ts';
import type { ChannelAdapter } from '../../src/ports/channel.ts';
import { toMediaRules } from '../../src/channels/shared/check-media.ts';
import { createScreenMedia } from '../../src/channels/shared/screen-media.ts';
import { pauseBeforeNextFetch, type ScreenMedia } from '../../src/runtime/media.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { fixedAccounts } from '../support/fixed-accounts.ts';
import { testProgram } from '../support/program.ts';
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

const photoFlow = {
  spec: 1,
  id: 'welcome',
  version: 2,
  title: { en: 'Photo' },
  start: 'photo',
  nodes: [
    {
      ...{ id: 'photo', type: 'ask', text: { en: 'Send a photo.' }, answer: { kind: 'media', min: 1, max: 3 } },
      ...{ save: 'photos', exits: { next: 'thanks' } },
    },
    { id: 'thanks', type: 'end', text: { en: 'Thank you.' } },
  ],
};
const photo = { type: 'media', media: { kind: 'photo', fileId: 'file-1', mimeType: 'image/jpeg' } } as const;

async function start(
  openMedia: ChannelAdapter['openMedia'],
  options: {
    workers?: number;
    screenMedia?: ScreenMedia;
    sizeBytes?: number;
    keepFilesMs?: number;
    fetchesBytes?: number;
    accounts?: (channel: ChannelAdapter) => OpenAccounts;
  } = {},
) {
  const clock = createMovableClock();
  const recording = createRecordingChannel({ openMedia });
  const { fetchesBytes } = options;
  const channel = {
    ...recording,
    capabilities: { ...recording.capabilities, ...(fetchesBytes && { fetches: { maxBytes: fetchesBytes } }) },
  };
  const program = testProgram([photoFlow]);
  const worlds = [];
  for (let count = 0; count < (options.workers ?? 1); count += 1) {
    const isSoleWorker = options.workers === undefined;
    const world = await createWorld({
      store: opened.store,
      ...(options.accounts ? { accounts: options.accounts(channel) } : { adapters: [channel] }),
      clock,
      program,
      isSoleWorker,
      ...(options.screenMedia && { screenMedia: options.screenMedia }),
      ...(options.keepFilesMs && { keepFilesMs: options.keepFilesMs }),
    });
    running.push(world.runtime);
    await world.runtime.startWorker();
    worlds.push(world);
  }
  const [world] = worlds;
  if (!world) throw new Error('no worker was asked for');
  const { runtime, repositories } = world;
  const id = repositories.ids.conversation(addressOf('7'));
  const { sizeBytes } = options;
  const sent = sizeBytes === undefined ? photo : { ...photo, media: { ...photo.media, sizeBytes } };
  for (const [index, content] of ['hello', sent].entries()) {
    await runtime.intake.accept([messageFrom('7', `m${index}`, content)]);
    await settled(repositories, [id]);
  }
  const attachment = async () => {
    const lines = await repositories.messages.page(id, { limit: 20 });
    return lines.find((line) => line.attachment)?.attachment;
  };
  const becomes = (is: string) => expect.poll(async () => (await attachment())?.state.is, { timeout: 8_000 }).toBe(is);
  const texts = () => channel.sent.map(({ content }) => (content.type === 'text' ? content.text : content.type));
  return { runtime, repositories, clock, attachment, becomes, texts };
}

const plain = (text: string | undefined) => stripDirection(text ?? '');

async function* bytes(...pieces: string[]) {
  for (const piece of pieces) yield await Promise.resolve(Buffer.from(piece));
}

async function readAll(stream: AsyncIterable<Uint8Array> | null): Promise<string | null> {
  if (!stream) return null;
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

describe('a file a person sent', () => {
  it('is kept, sealed, with its size', async () => {
    const { repositories, attachment, becomes } = await start(async () => bytes('a ph', 'oto'));
    await becomes('stored');
    const stored = await attachment();
    expect(stored?.sizeBytes).toBe(7);
    expect(await readAll(await repositories.files.open(stored?.id ?? ''))).toBe('a photo');
  });

  it('is fetched again after a failure, also one in its middle, more and more rarely', async () => {
    let tries = 0;
    const { clock, attachment } = await start(async () => {
      tries += 1;
      if (tries === 1) throw new SendError({ is: 'retryable', reason: 'busy' });
      if (tries > 2) return bytes('whole');
      return (async function* () {
        yield await Promise.resolve(Buffer.from('half'));
        throw new Error('the connection broke');
      })();
    });
    await expect.poll(() => tries, { timeout: 4_000 }).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(tries).toBe(1);
    clock.advance(3_000);
    await expect.poll(() => tries, { timeout: 4_000 }).toBe(2);
    // The pause begins when the failure is written down, which may be after the count.
    await expect
      .poll(async () => (clock.advance(2_000), (await attachment())?.state.is), { timeout: 8_000 })
      .toBe('stored');
    expect(tries).toBe(3);
  });

  it('rests half as long as it has waited, from two seconds to five minutes', () => {
    expect([0, 1_000, 10_000, 600_000, 3_000_000].map(pauseBeforeNextFetch)).toEqual([
      ...[2_000, 2_000, 5_000, 300_000, 300_000],
    ]);
  });

  it('is asked for again when the platform no longer has it', async () => {
    const { becomes, texts } = await start(async () => {
      throw new SendError({ is: 'final', reason: 'gone' });
    });
    await becomes('lost');
    await expect.poll(() => texts().length, { timeout: 4_000 }).toBeGreaterThan(2);
    expect(texts().at(-1)).toMatch(/send it once more/);
  });

  it('is asked for again when it could not be fetched for an hour', async () => {
    const { clock, becomes, texts } = await start(async () => {
      throw new SendError({ is: 'retryable', reason: 'busy' });
    });
    await becomes('pending');
    clock.advance(3_700_000);
    await becomes('lost');
    await expect.poll(() => texts().at(-1), { timeout: 4_000 }).toMatch(/send it once more/);
  });

  it('waits for as long as its account is paused', async () => {
    let [isPaused, isBusy] = [false, true];
    const openMedia = async () => {
      if (!isBusy) return bytes('a photo');
      throw new SendError({ is: 'retryable', reason: 'busy' });
    };
    const { clock, attachment, becomes } = await start(openMedia, {
      accounts(channel) {
        const open = fixedAccounts([channel]);
        return { ...open, of: (name) => (isPaused ? null : open.of(name)), absenceOf: async () => 'paused' };
      },
    });
    isPaused = true;
    clock.advance(5 * 3_600_000);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect((await attachment())?.state.is).toBe('pending');
    [isPaused, isBusy] = [false, false];
    clock.advance(400_000);
    await becomes('stored');
  });

  it('is fetched by one of two workers', async () => {
    let tries = 0;
    const { becomes } = await start(
      async () => {
        tries += 1;
        await new Promise((resolve) => setTimeout(resolve, 2_500));
        return bytes('a photo');
      },
      { workers: 2 },
    );
    await becomes('stored');
    expect(tries).toBe(1);
  });

  it('keeps no stop waiting, and is due again at once', async () => {
    const { runtime, repositories, clock, attachment } = await start(() => new Promise(() => {}));
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    const begun = Date.now();
    await runtime.close();
    running = [];
    expect(Date.now() - begun).toBeLessThan(1_000);
    expect((await attachment())?.state.is).toBe('pending');
    expect(await repositories.messages.pendingAttachments(clock.now(), 5)).toHaveLength(1);
  });
});

describe('a file whose time is over', () => {
  it('is removed by the sweep, and the transcript says so', async () => {
    const { clock, repositories, attachment, becomes } = await start(async () => bytes('a photo'), {
      keepFilesMs: 86_400_000,
    });
    await becomes('stored');
    const stored = await attachment();
    clock.advance(86_400_000 - 120_000);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect((await attachment())?.state.is).toBe('stored');
    clock.advance(240_000);
    await becomes('removed');
    await expect.poll(async () => repositories.files.open(stored?.id ?? '')).toBeNull();
  });
});

describe('a file that the settings do not let in', () => {
  const screenMedia = createScreenMedia(toMediaRules(['photo'], 1));
  const jpeg = Buffer.from('ffd8ffe000104a464946', 'hex');
  const megabyte = Buffer.alloc(1024 * 1024);

  it('is not even opened when it says that it is too large', async () => {
    let opens = 0;
    const openMedia = async () => ((opens += 1), bytes('x'));
    const { becomes, attachment, texts } = await start(openMedia, { screenMedia, sizeBytes: 1024 * 1024 + 1 });
    await becomes('refused');
    expect(opens).toBe(0);
    expect((await attachment())?.state).toEqual({ is: 'refused', reason: 'too-large' });
    await expect.poll(() => plain(texts().at(-1))).toContain('larger than we can keep');
    expect(plain(texts().at(-1))).toContain('we accept photos, each file up to 1 MB');
  });

  it.each([
    ['grows too large while it comes', [jpeg, megabyte], 'too-large'],
    ['is of another kind than it says', [Buffer.from('%PDF-1.7')], 'type-not-allowed'],
  ])('is dropped when it %s', async (_what, pieces, reason) => {
    async function* source() {
      for (const piece of pieces) yield await Promise.resolve(piece);
    }
    const { becomes, attachment, repositories, texts } = await start(async () => source(), {
      screenMedia,
      sizeBytes: 10,
    });
    await becomes('refused');
    const refused = await attachment();
    expect(refused?.state).toEqual({ is: 'refused', reason });
    expect(await repositories.files.open(refused?.id ?? '')).toBeNull();
    const why = reason === 'too-large' ? 'larger than we can keep' : 'a kind we do not accept';
    await expect.poll(() => plain(texts().at(-1))).toContain(why);
  });

  it('is asked for once more as it is when only its bytes are missing', async () => {
    const { becomes, attachment, texts } = await start(async () => bytes(), { screenMedia });
    await becomes('refused');
    expect((await attachment())?.state).toEqual({ is: 'refused', reason: 'empty' });
    await expect.poll(() => texts().at(-1)).toContain('send it once more');
  });

  it('is told by what its channel can fetch where that is less', async () => {
    const { becomes, texts } = await start(
      async () => {
        throw new SendError({ is: 'final', reason: 'too-large' });
      },
      { screenMedia: createScreenMedia(toMediaRules(['photo'], 100)), fetchesBytes: 20 * 1024 * 1024 },
    );
    await becomes('refused');
    await expect.poll(() => plain(texts().at(-1))).toContain('each file up to 20 MB');
  });

  it('is kept when they do', async () => {
    const { becomes, attachment } = await start(
      async () =>
        (async function* () {
          yield jpeg;
        })(),
      { screenMedia },
    );
    await becomes('stored');
    expect(await attachment()).toMatchObject({ mimeType: 'image/jpeg', sizeBytes: jpeg.length });
  });
});
