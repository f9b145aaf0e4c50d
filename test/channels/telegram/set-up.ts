import {
  createTelegramAdapter,
  type TelegramAdapter,
  type TelegramOptions,
} from '../../../src/channels/telegram/adapter.ts';
import type { BlobId } from '../../../src/domain/ids.ts';
import { toId } from '../../../src/domain/ids.ts';
import type { OutboundContent } from '../../../src/domain/message.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import { inChunks, RecordingIntake, RecordingLog } from '../../support/recorders.ts';
import { TelegramEmulator } from '../../support/telegram-emulator.ts';

/** Real time, a hundred times faster in its pauses. */
const hastyClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms / 100);
    return () => clearTimeout(timer);
  },
};

export interface World {
  readonly telegram: TelegramEmulator;
  readonly adapter: TelegramAdapter;
  readonly intake: RecordingIntake;
  readonly log: RecordingLog;
  send(chat: number, content: OutboundContent, options?: SendOptions): Promise<{ readonly platformMessageId: string }>;
  close(): Promise<void>;
}

interface SendOptions {
  readonly blob?: Uint8Array;
  readonly signal?: AbortSignal;
}

export const aBlob: BlobId = toId('blob-1');

export async function openWorld(options: Partial<TelegramOptions> = {}): Promise<World> {
  const telegram = await new TelegramEmulator().start();
  const log = new RecordingLog();
  const adapter = createTelegramAdapter({
    account: 'main',
    token: telegram.token,
    apiRoot: telegram.apiRoot,
    mode: 'polling',
    clock: hastyClock,
    log,
    random: () => 0.5,
    ...options,
  });
  return {
    telegram,
    adapter,
    intake: new RecordingIntake(),
    log,
    send: (chat, content, { blob, signal = AbortSignal.timeout(10_000) } = {}) =>
      adapter.send({
        address: { channel: 'telegram', account: 'main', chat: String(chat) },
        content,
        openBlob: async () => (blob ? inChunks(blob) : null),
        signal,
        messageId: 'm1',
      }),
    async close() {
      await adapter.stop();
      await telegram.stop();
    },
  };
}
